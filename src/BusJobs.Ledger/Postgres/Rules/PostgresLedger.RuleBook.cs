using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string ReadStamp = "select stamp from busjobs.rules";

    // Whoever counts keeps others from counting until its claim is in the ledger.
    private const string HoldStamp = ReadStamp + " for update";

    private const string Moment = "select (extract(epoch from coalesce($1, clock_timestamp())) * 1000)::bigint";

    // Each job is asked for by its id, which no plan can do otherwise: joined, a new table might be read whole. One that travels behind another of its
    // key does not run beside it.
    private const string CountRunning =
        """
        with running as materialized (
            select d.kind, (select coalesce(j.tenant, '') from busjobs.job j where j.id = u.id and j.fence = u.fence and j.state = 2 and not j.chained) as tenant
            from busjobs.dispatch d cross join lateral unnest(d.jobs, d.fences) as u(id, fence)
            where $1::text[] is null or d.kind = any($1))
        select kind, tenant, count(*)::int from running where tenant is not null group by 1, 2
        """;

    // At least as many as run, from a row for each dispatch and not for each job. A dispatch whose halves were settled out of order has no count.
    private const string CountDispatched =
        """
        select kind, '', sum(case when count > 0 then count else cardinality(jobs) end)::int from busjobs.dispatch
        where $1::text[] is null or kind = any($1) group by kind
        """;

    private const string ReadStarts = "select scope, name, starts from busjobs.recent_starts";

    private const string WriteStarts =
        """
        with forgotten as (delete from busjobs.recent_starts where forget_at < to_timestamp($5 / 1000.0) and not (name = any($2)))
        insert into busjobs.recent_starts as r (scope, name, starts, forget_at)
        select s.scope, s.name, s.starts, to_timestamp(s.forget_at / 1000.0) from unnest($1, $2, $3, $4) as s(scope, name, starts, forget_at)
        on conflict (scope, name) do update set starts = excluded.starts, forget_at = excluded.forget_at
        """;

    private volatile RuleBook rules = RuleBook.Unread;

    /// <summary>
    /// The rules as they are in this transaction, and what the limits leave for so many starts: everything, at the price of nothing, when no
    /// limit counts. While any does, nobody else claims by the rules until the transaction ends.
    /// </summary>
    private async Task<Room> RulesAsync(NpgsqlConnection connection, int starts, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        while (true)
        {
            var book = rules;
            // While no limit is near, a look at the dispatches tells so.
            var mayBeNear = !book.LeavesRoomFor(starts, []);
            var seen = await LookAsync(connection, book, book.Counts ? HoldStamp : ReadStamp, mayBeNear ? CountRunning : CountDispatched, now, cancellationToken);
            if (seen.Stamp == book.Stamp)
            {
                return await RoomAsync(connection, book, starts, seen, mayBeNear, now, cancellationToken);
            }

            // Should they change once more while they are read, the next turn finds the stamp changed.
            rules = new RuleBook(seen.Stamp, await PausesAsync(connection, cancellationToken), await LimitsAsync(connection, cancellationToken));
        }
    }

    /// <param name="mayBeNear">Whether what was seen is the exact count.</param>
    private static async Task<Room> RoomAsync(
        NpgsqlConnection connection, RuleBook book, int starts, Seen seen, bool mayBeNear, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        if (!mayBeNear && !book.LeavesRoomFor(starts, seen.Running))
        {
            (seen, mayBeNear) = (await LookAsync(connection, book, ReadStamp, CountRunning, now, cancellationToken), true);
        }

        return new Room(book, mayBeNear ? seen.Running : [], seen.Recent, seen.Moment);
    }

    /// <summary>The stamp, and where a limit counts, what it counts.</summary>
    private static async Task<Seen> LookAsync(
        NpgsqlConnection connection, RuleBook book, string stamp, string count, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(stamp) } };
        if (book.Counts)
        {
            batch.BatchCommands.Add(Command(Moment, Now(now)));
            batch.BatchCommands.Add(Command(count, Of(book.CountedKinds, NpgsqlDbType.Array | NpgsqlDbType.Text)));
            batch.BatchCommands.Add(Command(ReadStarts));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var seen = new Seen(await ReadStampAsync(reader, cancellationToken), [], [], 0);
        return book.Counts ? await ReadSeenAsync(reader, seen, cancellationToken) : seen;
    }

    /// <summary>Where no rule was ever set there is no row.</summary>
    private static async Task<Guid> ReadStampAsync(NpgsqlDataReader reader, CancellationToken cancellationToken) =>
        await reader.ReadAsync(cancellationToken) ? reader.GetGuid(0) : Guid.Empty;

    private static async Task<Seen> ReadSeenAsync(NpgsqlDataReader reader, Seen seen, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        seen = seen with { Moment = reader.GetInt64(0) };
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            seen.Running.Add(new Running(reader.GetString(0), reader.GetString(1), reader.GetInt32(2)));
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            seen.Recent.Add(((LimitScope)reader.GetInt16(0), reader.GetString(1)), RecentStarts.Parse(reader.GetString(2)));
        }

        return seen;
    }

    private static NpgsqlBatchCommand[] Remember(Room room)
    {
        var started = room.Started().ToList();
        return started.Count == 0
            ? []
            :
            [
                Command(WriteStarts,
                    Array(started.Select(one => (short)one.Scope), NpgsqlDbType.Smallint),
                    Array(started.Select(one => one.Name), NpgsqlDbType.Text),
                    Array(started.Select(one => one.Starts.ToString()), NpgsqlDbType.Text),
                    Array(started.Select(one => one.ForgetAt), NpgsqlDbType.Bigint),
                    Of(room.Now)),
            ];
    }

    /// <summary>What one look at the rules and at what they count came to.</summary>
    /// <param name="Recent">Starts of late, of kinds and tenants with a rate.</param>
    /// <param name="Moment">Milliseconds since 1970; 0 when no limit counts.</param>
    private sealed record Seen(Guid Stamp, List<Running> Running, Dictionary<(LimitScope, string), RecentStarts> Recent, long Moment);
}
