using BusJobs.Wire;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // The rows chosen are looked up by their keys as an array, and not joined: of a LIMIT that is a parameter the planner takes a
    // tenth of the table to come, and joins by reading all of it.
    private const string PromoteDue =
        """
        update busjobs.job set state = 1 where id = any(array(
            select id from busjobs.job where stage = 0 and not waits_for_key and run_at <= coalesce($2, now())
            order by run_at limit $1 for update skip locked))
        """;

    // Two loose scans, over the common line and the lines of tenants and kinds: one look-up for each queue and lane, however many jobs
    // they hold. They go backwards, where the jobs are that will be claimed last: at its head the index is full of jobs that are dispatched, or
    // were since the last vacuum. At stage 1 is what is ready or dispatched. That a job is not dispatched is asked here and elsewhere in a way that
    // PostgreSQL believes of nearly all: of a table that it has not analysed it would else expect one ready job, gather all, and sort them.
    private const string SurveyReady =
        """
        with recursive common as (
            (select queue, lane from busjobs.job where stage = 1 and state <> 2 and line = 0
             order by queue desc, lane desc, priority desc, run_at desc, id desc limit 1)
            union all
            select n.queue, n.lane from common l cross join lateral (
                select queue, lane from busjobs.job where stage = 1 and state <> 2 and line = 0 and (queue, lane) < (l.queue, l.lane)
                order by queue desc, lane desc, priority desc, run_at desc, id desc limit 1) n),
        lines as (
            (select queue, lane from busjobs.job where stage = 1 and state <> 2 and line = 1
             order by queue desc, lane desc, coalesce(tenant, '') desc, kind desc, priority desc, run_at desc, id desc limit 1)
            union all
            select n.queue, n.lane from lines l cross join lateral (
                select queue, lane from busjobs.job where stage = 1 and state <> 2 and line = 1 and (queue, lane) < (l.queue, l.lane)
                order by queue desc, lane desc, coalesce(tenant, '') desc, kind desc, priority desc, run_at desc, id desc limit 1) n)
        select l.queue, l.lane, coalesce((select sum(d.count) from busjobs.dispatch d where d.queue = l.queue and d.lane = l.lane), 0)::int
        from (select * from common union select * from lines) l
        where not exists (select from busjobs.pause p where p.scope = 0 and p.name = l.queue)
        order by l.queue, l.lane
        """;

    private const string SurveyNextDue =
        "select extract(epoch from run_at - coalesce($1, now()))::float8 from busjobs.job where stage = 0 and not waits_for_key order by run_at limit 1";

    // The common line as it comes, from where the last claim left off: as long as the rules are those that are known here, and nobody
    // stands in a line of a tenant or kind. No index knows of what is written, so that none is written. The rows are found again by their places, which
    // hold still while they are locked; one that was changed between the look and the lock is passed over, and the next look finds it.
    private const string ClaimCommon =
        """
        update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null where ctid = any(array(
            select ctid from busjobs.job where stage = 1 and state <> 2 and line = 0 and queue = $1 and lane = $2 and (priority, run_at, id) >= ($6, $7, $8)
              and (expires_at is null or expires_at > coalesce($5, now()))
              and coalesce((select stamp from busjobs.rules), '00000000-0000-0000-0000-000000000000') = $4
              and (select 1 from busjobs.job where stage = 1 and state <> 2 and line = 1 and queue = $1 and lane = $2
                   order by coalesce(tenant, '') desc, kind desc, priority desc, run_at desc, id desc limit 1) is null
            order by priority, run_at, id limit $3 for update skip locked))
        """ + ClaimedColumns;

    /// <summary>Jobs in a claim from which on the way to them through the index is worth saving; smaller ones look at the front each time.</summary>
    private const int WorthRemembering = 100;

    private const string ClaimedColumns =
        """

        returning id, kind, fence, attempt + 1, payload, max_attempts, timeout_ms, tenant, trace_parent, parks, priority, run_at
        """;

    private const string RecordPacks =
        """
        insert into busjobs.dispatch (id, queue, kind, lane, jobs, fences, count, created_at)
        select p.id, $1, p.kind, $2, ($7)[p.first:p.last], ($8)[p.first:p.last], p.last - p.first + 1, coalesce($9, now())
        from unnest($3, $4, $5, $6) as p(id, kind, first, last)
        returning id, sequence
        """;

    private const string ParkMisfits =
        """
        update busjobs.job j set state = 0, run_at = coalesce($4, now()) + m.delay, parks = parks + 1, reason = m.reason
        from unnest($1, $2, $3) as m(id, reason, delay) where j.id = m.id
        """;

    public async Task<int> PromoteAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var promote = Statement(PromoteDue, Of(limit), Now(now));
        return await promote.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<Survey> SurveyAsync(DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await claims.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(SurveyReady), Command(SurveyNextDue, Now(now)) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var lanes = new List<LaneSurvey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lanes.Add(new LaneSurvey(reader.GetString(0), (Lane)reader.GetInt16(1), reader.GetInt32(2)));
        }

        await reader.NextResultAsync(cancellationToken);
        TimeSpan? next = await reader.ReadAsync(cancellationToken) ? TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(0))) : null;
        return new Survey(lanes, next);
    }

    public async Task<Claimed> ClaimAsync(
        string queue, Lane lane, int limit, Packing packing, Func<string, int> chain, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await wakeUp.NoteClaimAsync(cancellationToken);
        try
        {
            return await ClaimOnceAsync(queue, lane, limit, packing, chain, now, cancellationToken);
        }
        catch (PostgresException exception) when (exception.ConstraintName == OneAtATime)
        {
            // Two jobs of a key that were enqueued at the same time were claimed at the same time: the next look sees which came first.
            return new Claimed([], Moved: 1, Opens: null);
        }
    }

    private async Task<Claimed> ClaimOnceAsync(
        string queue, Lane lane, int limit, Packing packing, Func<string, int> chain, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await claims.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var taken = await TakeAsync(connection, queue, lane, limit, chain, now, cancellationToken);
        var packed = taken.Jobs.Count == 0 ? new Packed([], []) : packing(queue, taken.Jobs);
        await ParkAsync(connection, packed.Misfits, now, cancellationToken);
        if (packed.Dispatches.Count > 0)
        {
            var dispatches = await RecordAsync(connection, queue, lane, packed.Dispatches, taken.Room, now, cancellationToken);
            return new Claimed(dispatches, taken.Moved, taken.Room.Opens, taken.Drained);
        }

        await transaction.CommitAsync(cancellationToken);
        return new Claimed([], taken.Moved, taken.Room.Opens);
    }

    private async Task<Started> TakeAsync(
        NpgsqlConnection connection, string queue, Lane lane, int limit, Func<string, int> chain, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        // What stands in the common line has no tenant, so that only rules about kinds concern it.
        var book = rules;
        return !book.AsksForKinds && await ClaimCommonAsync(connection, queue, lane, limit, Room.Free(book), now, cancellationToken) is { Jobs.Count: > 0 } taken
            ? taken
            : await ClaimByRulesAsync(connection, queue, lane, limit, chain, now, cancellationToken);
    }

    /// <summary>Claims the common line as it comes, where there is room for whatever stands in it.</summary>
    /// <returns>No jobs when the line is empty, or when it does not tell who may start.</returns>
    private async Task<Started> ClaimCommonAsync(
        NpgsqlConnection connection, string queue, Lane lane, int limit, Room room, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        if (room.Book.IsPaused(PauseScope.Queue, queue) || (turns.TryGetValue((queue, lane), out var turn) && turn.HasLines))
        {
            return new Started([], room);
        }

        var head = heads.Of(LineName.Common(queue, lane));
        var rows = await ClaimFromAsync(connection, queue, lane, limit, room.Book, head, now, cancellationToken);
        if (rows.Count == 0 && !head.IsFirst)
        {
            head = ReadyHead.First(clock);
            rows = await ClaimFromAsync(connection, queue, lane, limit, room.Book, head, now, cancellationToken);
        }

        heads.Note(LineName.Common(queue, lane), rows.Count == limit && limit >= WorthRemembering ? head.After(rows[^1]) : null);
        rows.ForEach(row => room.TryTake(row.Job.Kind, tenant: ""));
        return new Started(rows.ConvertAll(row => row.Job), room, Drained: head.IsFirst && rows.Count > 0 && rows.Count < limit);
    }

    private static async Task<List<ClaimedRow>> ClaimFromAsync(
        NpgsqlConnection connection, string queue, Lane lane, int limit, RuleBook book, ReadyHead head, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var claim = Statement(connection, ClaimCommon, Of(queue), Of((short)lane), Of(limit), Of(book.Stamp), Now(now),
            Of(head.Priority), Of(head.RunAt), Of(head.Id));
        return await ReadClaimedAsync(claim, limit, cancellationToken);
    }

    private static async Task<List<ClaimedRow>> ReadClaimedAsync(NpgsqlCommand claim, int atMost, CancellationToken cancellationToken)
    {
        await using var reader = await claim.ExecuteReaderAsync(cancellationToken);
        var rows = new List<ClaimedRow>(atMost);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new ClaimedRow(reader.GetInt16(10), reader.GetDateTime(11), Read(reader)));
        }

        // RETURNING gives rows in no order.
        rows.Sort(ClaimedRow.InOrder);
        return rows;
    }

    private static ClaimedJob Read(NpgsqlDataReader reader, bool follows = false) => new(
        reader.GetString(1),
        new DispatchedJob
        {
            Id = reader.GetGuid(0),
            Fence = reader.GetInt32(2),
            Attempt = reader.GetInt32(3),
            Payload = reader.GetString(4),
            MaxAttempts = reader.IsDBNull(5) ? null : reader.GetInt32(5),
            TimeoutMs = reader.IsDBNull(6) ? null : reader.GetInt64(6),
            Tenant = reader.IsDBNull(7) ? null : reader.GetString(7),
            TraceParent = reader.IsDBNull(8) ? null : reader.GetString(8),
            Follows = follows,
        },
        reader.GetInt16(9));

    /// <summary>Records the packs and the starts that a rate counts, and commits.</summary>
    private static async Task<IReadOnlyList<Dispatch>> RecordAsync(
        NpgsqlConnection connection, string queue, Lane lane, IReadOnlyList<Dispatch> packs, Room room, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var lasts = new int[packs.Count];
        for (var (i, last) = (0, 0); i < packs.Count; i++)
        {
            lasts[i] = last += packs[i].Jobs.Count;
        }

        var record = Command(RecordPacks, Of(queue), Of((short)lane),
            Array(packs.Select(pack => pack.Id), NpgsqlDbType.Uuid),
            Array(packs.Select(pack => pack.Kind), NpgsqlDbType.Text),
            Array(packs.Select((pack, i) => lasts[i] - pack.Jobs.Count + 1), NpgsqlDbType.Integer),
            Array(lasts, NpgsqlDbType.Integer),
            Array(packs.SelectMany(pack => pack.Jobs.Select(job => job.Id)), NpgsqlDbType.Uuid),
            Array(packs.SelectMany(pack => pack.Jobs.Select(job => job.Fence)), NpgsqlDbType.Integer),
            Now(now));
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { record } };
        foreach (var command in Remember(room))
        {
            batch.BatchCommands.Add(command);
        }

        batch.BatchCommands.Add(Command(Commit));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var sequences = new Dictionary<Guid, long>(packs.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            sequences.Add(reader.GetGuid(0), reader.GetInt64(1));
        }

        // Reads on to the answer of the commit, which is what counts.
        await reader.NextResultAsync(cancellationToken);
        return [.. packs.Select(pack => pack with { Sequence = sequences[pack.Id] }).OrderBy(pack => pack.Sequence)];
    }

    private static async Task ParkAsync(NpgsqlConnection connection, IReadOnlyList<Misfit> misfits, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        if (misfits.Count == 0)
        {
            return;
        }

        await using var park = Statement(connection, ParkMisfits,
            Array(misfits.Select(misfit => misfit.JobId), NpgsqlDbType.Uuid),
            Array(misfits.Select(misfit => misfit.Reason), NpgsqlDbType.Text),
            Array(misfits.Select(misfit => misfit.Delay), NpgsqlDbType.Interval),
            Now(now));
        await park.ExecuteNonQueryAsync(cancellationToken);
    }
}
