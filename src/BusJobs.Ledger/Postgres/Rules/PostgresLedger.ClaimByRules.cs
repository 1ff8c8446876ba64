using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // Two loose scans, of the tenants whose turn comes later and of those before them: one look-up for each line, however long it is.
    private const string ListLines =
        """
        with recursive later as (
            (select coalesce(tenant, '') as tenant, kind from busjobs.job
             where state = 1 and line = 1 and queue = $1 and lane = $2 and coalesce(tenant, '') > $3
             order by coalesce(tenant, ''), kind limit 1)
            union all
            select n.tenant, n.kind from later l cross join lateral (
                select coalesce(tenant, '') as tenant, kind from busjobs.job
                where state = 1 and line = 1 and queue = $1 and lane = $2 and (coalesce(tenant, ''), kind) > (l.tenant, l.kind)
                order by coalesce(tenant, ''), kind limit 1) n),
        sooner as (
            (select coalesce(tenant, '') as tenant, kind from busjobs.job
             where state = 1 and line = 1 and queue = $1 and lane = $2 and coalesce(tenant, '') <= $3
             order by coalesce(tenant, ''), kind limit 1)
            union all
            select n.tenant, n.kind from sooner l cross join lateral (
                select coalesce(tenant, '') as tenant, kind from busjobs.job
                where state = 1 and line = 1 and queue = $1 and lane = $2 and (coalesce(tenant, ''), kind) > (l.tenant, l.kind)
                  and coalesce(tenant, '') <= $3
                order by coalesce(tenant, ''), kind limit 1) n)
        (select tenant, kind from later where tenant <> all($4) and kind <> all($5) limit $6)
        union all
        (select '', null from busjobs.job where state = 1 and line = 0 and queue = $1 and lane = $2 order by priority desc, run_at desc, id desc limit 1)
        union all
        (select tenant, kind from sooner where tenant <> all($4) and kind <> all($5) limit $6)
        """;

    private const string LookAtLines =
        """
        select c.* from unnest($3, $4, $5) as l(tenant, kind, most) cross join lateral (
            select id, kind, coalesce(tenant, ''), priority, run_at, false, serial_key, serial_no from busjobs.job
            where state = 1 and line = 1 and queue = $1 and lane = $2 and coalesce(tenant, '') = l.tenant and kind = l.kind
              and (expires_at is null or expires_at > coalesce($6, now()))
            order by priority, run_at, id limit l.most for update skip locked) c
        """;

    private const string LookAtCommon =
        """
        select id, kind, '', priority, run_at, true, null::text, null::bigint from busjobs.job
        where state = 1 and line = 0 and queue = $1 and lane = $2 and (priority, run_at, id) >= ($5, $6, $7)
          and (expires_at is null or expires_at > coalesce($4, now()))
        order by priority, run_at, id limit $3 for update skip locked
        """;

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

    /// <summary>Lines looked at in one claim: enough for the kinds of a few tenants even when there is room for one job.</summary>
    private const int FewestLines = 200;

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
        var head = heads.Of(queue, lane);
        var candidates = await CandidatesAsync(connection, queue, lane, lines, shares, room, head, now, cancellationToken);
        if (!head.IsFirst && !candidates.Exists(candidate => candidate.IsCommon))
        {
            head = ReadyHead.First(clock);
            candidates = await CandidatesAsync(connection, queue, lane, lines, shares, room, head, now, cancellationToken);
        }

        var choice = Choice.Make(candidates, shares, room, book);
        heads.Note(queue, lane, HeadAfter(head, candidates, choice));
        var moved = await MoveAsync(connection, choice, cancellationToken);
        var jobs = await StartAsync(connection, choice.Starts, cancellationToken);
        await RememberStartsAsync(connection, room, cancellationToken);
        return (jobs, moved, room.Opens);
    }

    /// <returns>In the order of their turns; the common line is that of no tenant and no kind.</returns>
    private static async Task<List<(string Tenant, string? Kind)>> LinesAsync(
        NpgsqlConnection connection, string queue, Lane lane, string after, Room room, int most, CancellationToken cancellationToken)
    {
        await using var list = Statement(connection, ListLines, Of(queue), Of((short)lane), Of(after),
            Array(room.Closed(LimitScope.Tenant), NpgsqlDbType.Text), Array(room.Closed(LimitScope.Kind), NpgsqlDbType.Text), Of(most));
        await using var reader = await list.ExecuteReaderAsync(cancellationToken);
        var lines = new List<(string Tenant, string? Kind)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add((reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1)));
        }

        return lines;
    }

    private static async Task<List<Candidate>> CandidatesAsync(
        NpgsqlConnection connection, string queue, Lane lane, List<(string Tenant, string? Kind)> lines, Dictionary<string, int> shares, Room room,
        ReadyHead head, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var looks = lines.Where(line => line.Kind is not null)
            .Select(line => (line.Tenant, line.Kind, Most: Math.Min(shares.GetValueOrDefault(line.Tenant), room.Of(line.Kind!, line.Tenant))))
            .Where(look => look.Most > 0).ToList();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(LookAtLines, Of(queue), Of((short)lane), Array(looks.Select(look => look.Tenant), NpgsqlDbType.Text),
                    Array(looks.Select(look => look.Kind), NpgsqlDbType.Text), Array(looks.Select(look => look.Most), NpgsqlDbType.Integer), Now(now)),
                Command(LookAtCommon, Of(queue), Of((short)lane), Of(lines.Exists(line => line.Kind is null) ? shares.GetValueOrDefault("") : 0), Now(now),
                    Of(head.Priority), Of(head.RunAt), Of(head.Id)),
            },
        };
        var found = new List<(Candidate Job, string? Key, long Number)>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            do
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    found.Add(ReadCandidate(reader));
                }
            }
            while (await reader.NextResultAsync(cancellationToken));
        }

        var firsts = await FirstsAsync(connection, found, cancellationToken);
        return found.ConvertAll(one => firsts.TryGetValue(one.Job.Id, out var first) ? one.Job with { Behind = first } : one.Job);
    }

    /// <returns>Null when some of what was looked at stays in the common line, or it was too little to be worth remembering.</returns>
    private static ReadyHead? HeadAfter(ReadyHead head, List<Candidate> candidates, Choice choice)
    {
        var common = candidates.Where(candidate => candidate.IsCommon).ToList();
        return common.Count >= WorthRemembering && common.Count == choice.Aside.Count + choice.Starts.Count(start => start.Job.IsCommon)
            ? head.After(common[^1])
            : null;
    }

    private static (Candidate Job, string? Key, long Number) ReadCandidate(NpgsqlDataReader reader)
    {
        var key = reader.IsDBNull(6) ? null : reader.GetString(6);
        var job = new Candidate(
            reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetInt16(3), reader.GetDateTime(4).Ticks, reader.GetBoolean(5), Behind: null);
        return (job, key, key is null ? 0 : reader.GetInt64(7));
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
