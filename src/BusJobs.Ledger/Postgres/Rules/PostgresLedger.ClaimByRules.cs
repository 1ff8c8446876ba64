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
        "update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null, chained = false where id = any($1) and state = 1" + ClaimedColumns;

    /// <summary>The index by which no two jobs of a key run, whatever else goes wrong.</summary>
    private const string OneAtATime = "job_serial_running";

    private readonly ConcurrentDictionary<(string Queue, Lane Lane), Turns> turns = new();

    /// <summary>Claims where the common line alone does not tell who may start: line by line, as far as shares and limits go.</summary>
    private async Task<Started> ClaimByRulesAsync(
        NpgsqlConnection connection, string queue, Lane lane, int limit, Func<string, int> chain, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var room = rules.Counts ? await RulesAsync(connection, limit, now, cancellationToken) : null;
        if (room is { Book.AsksForKinds: true } && room.LetsAny(limit) && await ClaimCommonAsync(connection, queue, lane, limit, room, now, cancellationToken) is { Jobs.Count: > 0 } common)
        {
            return common;
        }

        var turn = turns.GetOrAdd((queue, lane), _ => new Turns());
        (room, var seen) = await RoomAndLinesAsync(connection, queue, lane, turn.After, room, limit, now, cancellationToken);
        if (room.Book.IsPaused(PauseScope.Queue, queue))
        {
            return new Started([], room);
        }

        turn.HasLines = seen.Lines.Exists(line => line.Kind is not null);
        var shares = turn.Share([.. seen.Lines.Select(line => line.Tenant).Distinct().Take(limit)], room.Book.WeightOf, limit);
        var letsAny = room.LetsAny(limit);
        // Only where no limit is near, and nobody is suspected of having killed its worker.
        var mayChain = seen.HasKeys && lane == Lane.Normal && (!room.Book.Counts || letsAny) && seen.Lines.Exists(line => line.Kind is { } kind && chain(kind) > 1);
        // Those that go along with one that is looked at need room as well.
        var firsts = mayChain ? turn.Firsts(shares) : shares;
        var looks = Looks(queue, lane, seen.Lines, firsts, room);
        if (!seen.HasKeys && letsAny)
        {
            return new Started(await ClaimLinesAsync(connection, queue, lane, looks, shares, room, now, cancellationToken), room);
        }

        (looks, var candidates) = await FromHeadsAsync(looks, from => CandidatesAsync(connection, queue, lane, from, now, cancellationToken));
        var choice = Choice.Make(candidates, firsts, room);
        var chains = new Chains(choice.Starts, shares, mayChain ? chain : static _ => 1);
        var jobs = await StartAsync(connection, queue, choice.Starts, chains, now, cancellationToken);
        chains.TakeFrom(room);
        turn.JobsPerStart = chains.JobsPerStart();
        var along = chains.Ids.ToHashSet();
        choice = choice with { Behind = choice.Behind.FindAll(one => !along.Contains(one.Id)) };
        NoteHeads(queue, lane, looks, candidates, choice, along);
        return new Started(jobs, room, await MoveAsync(connection, choice, cancellationToken));
    }

    /// <summary>Where nothing is counted the rules are looked at with the lines, in one round trip, and asked for again when they have changed.</summary>
    /// <param name="counted">What is left, where something is counted.</param>
    private async Task<(Room Room, SeenLines Seen)> RoomAndLinesAsync(
        NpgsqlConnection connection, string queue, Lane lane, string after, Room? counted, int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var most = Math.Max(limit, FewestLines);
        var room = counted ?? Room.Free(rules);
        var seen = await LinesAsync(connection, queue, lane, after, room, most, cancellationToken);
        if (counted is not null || seen.Stamp == room.Book.Stamp)
        {
            return (room, seen);
        }

        room = await RulesAsync(connection, limit, now, cancellationToken);
        return (room, await LinesAsync(connection, queue, lane, after, room, most, cancellationToken));
    }

    /// <summary>Starts what was chosen and what goes along with it, in one round trip.</summary>
    /// <returns>What started, in the order of its choice, each chain in a row.</returns>
    private static async Task<List<ClaimedJob>> StartAsync(
        NpgsqlConnection connection, string queue, List<Candidate> starts, Chains chains, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        if (starts.Count == 0)
        {
            return [];
        }

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(StartChosen, Array(starts.Select(start => start.Id), NpgsqlDbType.Uuid)) } };
        foreach (var command in chains.Starts(queue, now))
        {
            batch.BatchCommands.Add(command);
        }

        var started = new Dictionary<Guid, ClaimedJob>(starts.Count);
        if (!await ReadStartedAsync(batch, started, chains, cancellationToken))
        {
            await using var alone = Statement(connection, NobodyAlong);
            await alone.ExecuteNonQueryAsync(cancellationToken);
            chains.Clear();
        }

        return [.. starts.Where(start => started.ContainsKey(start.Id)).SelectMany(start => chains.Behind(start).Prepend(started[start.Id]))];
    }

    /// <returns>Whether all that were to go along do.</returns>
    private static async Task<bool> ReadStartedAsync(NpgsqlBatch batch, Dictionary<Guid, ClaimedJob> started, Chains chains, CancellationToken cancellationToken)
    {
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var job = Read(reader);
                started.Add(job.Job.Id, job);
            }

            return !await reader.NextResultAsync(cancellationToken) || await chains.ReadAsync(reader, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable && batch.BatchCommands.Count > 1)
        {
            // Whoever holds one of a chain may change it.
            return false;
        }
    }

    /// <returns>How many left the lines that this claim looked at.</returns>
    private static async Task<int> MoveAsync(NpgsqlConnection connection, Choice choice, CancellationToken cancellationToken)
    {
        if (choice.Moved == 0)
        {
            return 0;
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var move in Moves(choice))
        {
            batch.BatchCommands.Add(move);
        }

        return await batch.ExecuteNonQueryAsync(cancellationToken);
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

    /// <summary>What a claim started.</summary>
    /// <param name="Room">What the limits left of it, and are to remember.</param>
    /// <param name="Moved">How many jobs left the lines that were looked at.</param>
    /// <param name="Drained">Whether the line was looked at whole, and had no more.</param>
    private sealed record Started(List<ClaimedJob> Jobs, Room Room, int Moved = 0, bool Drained = false);
}
