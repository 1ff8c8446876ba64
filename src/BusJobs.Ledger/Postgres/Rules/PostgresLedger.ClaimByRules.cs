using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // The job of the key before it; or, when it came late or was redriven, one after it that runs.
    private const string FindFirsts =
        """
        select c.id, coalesce(
            (select b.id from busjobs.job b where b.serial_key = c.key and b.state <= 2 and b.serial_no < c.number order by b.serial_no desc limit 1),
            (select b.id from busjobs.job b where b.serial_key = c.key and b.state = 2 and b.id <> c.id))
        from unnest($1, $2, $3) as c(id, key, number)
        """;

    // A job is put behind one that surely will let it go: one that is held here until this is committed. One that somebody else is about
    // to end cannot be held, and the job is looked at again.
    private const string PutBehind =
        """
        with first as (select id, state, serial_no from busjobs.job where id = any($2) and state <= 2 for no key update skip locked)
        update busjobs.job j set behind = first.id
        from unnest($1, $2) as p(id, first) join first on first.id = p.first
        where j.id = p.id and (first.state = 2 or first.serial_no < j.serial_no)
        """;

    private const string PutAside = "update busjobs.job set limited = true where id = any($1)";

    private const string StartChosen =
        """
        update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null, limited = $2 where id = any($1) and state = 1
        """ + ClaimedColumns;

    /// <summary>The index by which no two jobs of a key run, whatever else goes wrong.</summary>
    private const string OneAtATime = "job_serial_running";

    private readonly ConcurrentDictionary<(string Queue, Lane Lane), Turns> turns = new();

    /// <summary>Claims where the common line alone does not tell who may start: line by line, as far as shares and limits go.</summary>
    private async Task<(List<ClaimedJob> Jobs, int Moved, TimeSpan? Opens)> ClaimByRulesAsync(
        NpgsqlConnection connection, string queue, Lane lane, int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var book = await RulesAsync(connection, cancellationToken);
        if (book.IsPaused(PauseScope.Queue, queue))
        {
            return ([], 0, null);
        }

        var room = await RoomAsync(connection, book, limit, now, cancellationToken);
        var turn = turns.GetOrAdd((queue, lane), _ => new Turns());
        var lines = await LinesAsync(connection, queue, lane, turn.After, room, Math.Max(limit, FewestLines), cancellationToken);
        var shares = turn.Share([.. lines.Select(line => line.Tenant).Distinct().Take(limit)], book.WeightOf, limit);
        var looks = Looks(queue, lane, lines, shares, room);
        var candidates = await CandidatesAsync(connection, queue, lane, looks, now, cancellationToken);
        if (candidates.Count == 0 && looks.Exists(look => !look.Head.IsFirst))
        {
            looks = looks.ConvertAll(look => look with { Head = ReadyHead.First(clock) });
            candidates = await CandidatesAsync(connection, queue, lane, looks, now, cancellationToken);
        }

        var choice = Choice.Make(candidates, shares, room, book);
        NoteHeads(queue, lane, looks, candidates, choice);
        var moved = await MoveAsync(connection, choice, cancellationToken);
        var jobs = await StartAsync(connection, choice.Starts, cancellationToken);
        await RememberStartsAsync(connection, room, cancellationToken);
        return (jobs, moved, room.Opens);
    }

    private static async Task<Dictionary<Guid, Guid>> FirstsAsync(
        NpgsqlConnection connection, List<(Candidate Job, string? Key, long Number)> found, CancellationToken cancellationToken)
    {
        var keyed = found.Where(one => one.Key is not null).ToList();
        var firsts = new Dictionary<Guid, Guid>();
        if (keyed.Count == 0)
        {
            return firsts;
        }

        await using var find = Statement(connection, FindFirsts,
            Array(keyed.Select(one => one.Job.Id), NpgsqlDbType.Uuid),
            Array(keyed.Select(one => one.Key), NpgsqlDbType.Text),
            Array(keyed.Select(one => one.Number), NpgsqlDbType.Bigint));
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!reader.IsDBNull(1))
            {
                firsts.Add(reader.GetGuid(0), reader.GetGuid(1));
            }
        }

        return firsts;
    }

    /// <returns>How many left the lines that this claim looked at.</returns>
    private static async Task<int> MoveAsync(NpgsqlConnection connection, Choice choice, CancellationToken cancellationToken)
    {
        var moved = 0;
        if (choice.Aside.Count > 0)
        {
            await using var aside = Statement(connection, PutAside, Array(choice.Aside, NpgsqlDbType.Uuid));
            moved += await aside.ExecuteNonQueryAsync(cancellationToken);
        }

        if (choice.Behind.Count > 0)
        {
            await using var behind = Statement(connection, PutBehind,
                Array(choice.Behind.Select(one => one.Id), NpgsqlDbType.Uuid), Array(choice.Behind.Select(one => one.Behind), NpgsqlDbType.Uuid));
            moved += await behind.ExecuteNonQueryAsync(cancellationToken);
        }

        return moved;
    }

    private static async Task<List<ClaimedJob>> StartAsync(
        NpgsqlConnection connection, List<(Candidate Job, bool Limited)> starts, CancellationToken cancellationToken)
    {
        var started = new Dictionary<Guid, ClaimedJob>(starts.Count);
        foreach (var alike in starts.GroupBy(start => start.Limited, start => start.Job.Id))
        {
            await using var start = Statement(connection, StartChosen, Array(alike, NpgsqlDbType.Uuid), Of(alike.Key));
            foreach (var row in await ReadClaimedAsync(start, starts.Count, cancellationToken))
            {
                started.Add(row.Job.Job.Id, row.Job);
            }
        }

        return [.. starts.Where(start => started.ContainsKey(start.Job.Id)).Select(start => started[start.Job.Id])];
    }
}
