using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
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
        "update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null, chained = false where id = any($1) and state = 1" + ClaimedColumns + Chained;

    // The mark is written only where it changes: with it the columns that are made of it are made again, and all others copied.
    private const string StartMarked =
        "update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null, chained = false, limited = not limited where id = any($1) and state = 1" + ClaimedColumns + Chained;

    /// <summary>The index by which no two jobs of a key run, whatever else goes wrong.</summary>
    private const string OneAtATime = "job_serial_running";

    private readonly ConcurrentDictionary<(string Queue, Lane Lane), Turns> turns = new();

    /// <summary>Claims where the common line alone does not tell who may start: line by line, as far as shares and limits go.</summary>
    private async Task<(List<ClaimedJob> Jobs, int Moved, TimeSpan? Opens)> ClaimByRulesAsync(
        NpgsqlConnection connection, string queue, Lane lane, int limit, Func<string, int> chain, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var turn = turns.GetOrAdd((queue, lane), _ => new Turns());
        var (book, room, seen) = await RulesAndLinesAsync(connection, queue, lane, turn.After, limit, now, cancellationToken);
        if (book.IsPaused(PauseScope.Queue, queue))
        {
            return ([], 0, null);
        }

        turn.HasLines = seen.Lines.Exists(line => line.Kind is not null);
        var shares = turn.Share([.. seen.Lines.Select(line => line.Tenant).Distinct().Take(limit)], book.WeightOf, limit);
        // Only where nothing is counted, and nobody is suspected of having killed its worker.
        var mayChain = seen.HasKeys && !book.Counts && lane == Lane.Normal;
        var looks = Looks(queue, lane, seen.Lines, shares, room, mayChain ? turn.JobsPerStart : []);
        if (book is { Counts: false, AsksForKinds: false } && !seen.HasKeys)
        {
            return (await ClaimLinesAsync(connection, queue, lane, looks, shares, room, book, now, cancellationToken), 0, null);
        }

        (looks, var candidates) = await FromHeadsAsync(looks, from => CandidatesAsync(connection, queue, lane, from, now, cancellationToken));
        var choice = Choice.Make(candidates, shares, room, book);
        var chains = mayChain ? await ChainsAsync(connection, queue, choice.Starts, chain, now, cancellationToken) : new();
        choice = chains.Shorten(choice, shares);
        NoteHeads(queue, lane, looks, candidates, choice, chains);
        var (jobs, moved) = await CarryOutAsync(connection, choice, chains, room, cancellationToken);
        turn.JobsPerStart = chains.JobsPerStart(choice.Starts);
        return (jobs, moved, room.Opens);
    }

    /// <summary>Where nothing is counted the rules are looked at with the lines, in one round trip, and asked for again when they have changed.</summary>
    private async Task<(RuleBook Book, Room Room, SeenLines Seen)> RulesAndLinesAsync(
        NpgsqlConnection connection, string queue, Lane lane, string after, int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var most = Math.Max(limit, FewestLines);
        if (rules is { Counts: false } known)
        {
            var free = new Room(known, [], [], now: 0);
            var seen = await LinesAsync(connection, queue, lane, after, free, most, cancellationToken);
            if (seen.Stamp == known.Stamp)
            {
                return (known, free, seen);
            }
        }

        var (book, room) = await RulesAsync(connection, limit, now, cancellationToken);
        return (book, room, await LinesAsync(connection, queue, lane, after, room, most, cancellationToken));
    }

    /// <summary>Moves and starts what was chosen, and remembers the starts, in one round trip.</summary>
    /// <returns>What started, in the order of its choice, and how many left the lines that this claim looked at.</returns>
    private static async Task<(List<ClaimedJob> Jobs, int Moved)> CarryOutAsync(
        NpgsqlConnection connection, Choice choice, Chains chains, Room room, CancellationToken cancellationToken)
    {
        List<NpgsqlBatchCommand> moves = [.. Moves(choice)];
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in moves.Concat(Starts(choice)).Concat(chains.Starts()).Concat(Remember(room)))
        {
            batch.BatchCommands.Add(command);
        }

        if (batch.BatchCommands.Count == 0)
        {
            return ([], 0);
        }

        var started = new Dictionary<Guid, ClaimedJob>(choice.Starts.Count);
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            do
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    var job = Read(reader, follows: reader.GetBoolean(12));
                    started.Add(job.Job.Id, job);
                }
            }
            while (await reader.NextResultAsync(cancellationToken));
        }

        return (chains.InOrder(choice.Starts, started), moves.Sum(move => move.RecordsAffected));
    }

    private static IEnumerable<NpgsqlBatchCommand> Moves(Choice choice)
    {
        if (choice.Aside.Count > 0)
        {
            yield return Command(PutAside, Array(choice.Aside, NpgsqlDbType.Uuid));
        }

        if (choice.Behind.Count > 0)
        {
            yield return Command(PutBehind,
                Array(choice.Behind.Select(one => one.Id), NpgsqlDbType.Uuid), Array(choice.Behind.Select(one => one.Behind), NpgsqlDbType.Uuid));
        }
    }

    private static IEnumerable<NpgsqlBatchCommand> Starts(Choice choice) =>
        choice.Starts.GroupBy(start => start.Limited != start.Job.IsMarked, start => start.Job.Id)
            .Select(alike => Command(alike.Key ? StartMarked : StartChosen, Array(alike, NpgsqlDbType.Uuid)));
}
