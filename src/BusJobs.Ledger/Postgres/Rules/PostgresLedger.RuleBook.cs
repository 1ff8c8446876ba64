using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string ReadStamp = "select stamp from busjobs.rules";

    // Whoever counts keeps others from counting until its claim is in the ledger.
    private const string HoldStamp = ReadStamp + " for update";

    private const string Moment = "select (extract(epoch from coalesce($1, clock_timestamp())) * 1000)::bigint";

    // Only running jobs that are counted are in this index, so this is no more work than there are such jobs.
    private const string CountLimited = "select kind, coalesce(tenant, ''), count(*)::int from busjobs.job where state = 2 and limited group by 1, 2";

    // At least as many as run, from a row for each dispatch and not for each job. A dispatch whose halves were settled out of order has no count.
    private const string CountDispatched =
        "select kind, '', sum(case when count > 0 then count else cardinality(jobs) end)::int from busjobs.dispatch group by kind";

    private const string ReadStarts = "select scope, name, starts from busjobs.recent_starts";

    private const string WriteStarts =
        """
        with forgotten as (delete from busjobs.recent_starts where forget_at < to_timestamp($5 / 1000.0) and not (name = any($2)))
        insert into busjobs.recent_starts as r (scope, name, starts, forget_at)
        select s.scope, s.name, s.starts, to_timestamp(s.forget_at / 1000.0) from unnest($1, $2, $3, $4) as s(scope, name, starts, forget_at)
        on conflict (scope, name) do update set starts = excluded.starts, forget_at = excluded.forget_at
        """;

    private volatile RuleBook rules = RuleBook.Unread;

    /// <summary>The rules as they are in this transaction; while any of them counts, nobody else claims by them until it ends.</summary>
    private async Task<RuleBook> RulesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var book = rules;
            var stamp = await StampAsync(connection, book.Counts, cancellationToken);
            if (stamp == book.Stamp)
            {
                return book;
            }

            // Should they change once more while they are read, the next turn finds the stamp changed.
            rules = new RuleBook(stamp, await PausesAsync(connection, cancellationToken), await LimitsAsync(connection, cancellationToken));
        }
    }

    private static async Task<Guid> StampAsync(NpgsqlConnection connection, bool hold, CancellationToken cancellationToken)
    {
        await using var read = Statement(connection, hold ? HoldStamp : ReadStamp);
        return await read.ExecuteScalarAsync(cancellationToken) is Guid stamp ? stamp : Guid.Empty;
    }

    /// <summary>What the limits leave for so many starts; everything, at the price of nothing, when no limit counts.</summary>
    private static async Task<Room> RoomAsync(NpgsqlConnection connection, RuleBook book, int starts, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        if (!book.Counts)
        {
            return new Room(book, [], [], 0);
        }

        // While no limit is near, a look at the dispatches tells so.
        var mayBeNear = !book.LeavesRoomFor(starts, []);
        var (running, recent, moment) = await RunningAsync(connection, mayBeNear ? CountLimited : CountDispatched, now, cancellationToken);
        if (!mayBeNear && !book.LeavesRoomFor(starts, running))
        {
            (running, recent, moment) = await RunningAsync(connection, CountLimited, now, cancellationToken);
            mayBeNear = true;
        }

        return new Room(book, mayBeNear ? running : [], recent, moment);
    }

    private static async Task<(List<Running> Running, Dictionary<(LimitScope, string), RecentStarts> Recent, long Moment)> RunningAsync(
        NpgsqlConnection connection, string count, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(Moment, Now(now)), Command(count), Command(ReadStarts) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var moment = reader.GetInt64(0);
        await reader.NextResultAsync(cancellationToken);
        var running = new List<Running>();
        while (await reader.ReadAsync(cancellationToken))
        {
            running.Add(new Running(reader.GetString(0), reader.GetString(1), reader.GetInt32(2)));
        }

        await reader.NextResultAsync(cancellationToken);
        var recent = new Dictionary<(LimitScope, string), RecentStarts>();
        while (await reader.ReadAsync(cancellationToken))
        {
            recent.Add(((LimitScope)reader.GetInt16(0), reader.GetString(1)), RecentStarts.Parse(reader.GetString(2)));
        }

        return (running, recent, moment);
    }

    private static async Task RememberStartsAsync(NpgsqlConnection connection, Room room, CancellationToken cancellationToken)
    {
        var started = room.Started().ToList();
        if (started.Count == 0)
        {
            return;
        }

        await using var write = Statement(connection, WriteStarts,
            Array(started.Select(one => (short)one.Scope), NpgsqlDbType.Smallint),
            Array(started.Select(one => one.Name), NpgsqlDbType.Text),
            Array(started.Select(one => one.Starts.ToString()), NpgsqlDbType.Text),
            Array(started.Select(one => one.ForgetAt), NpgsqlDbType.Bigint),
            Of(room.Now));
        await write.ExecuteNonQueryAsync(cancellationToken);
    }
}
