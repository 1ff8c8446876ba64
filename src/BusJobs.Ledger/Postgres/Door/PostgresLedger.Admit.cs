using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

/// <summary>
/// Inserts jobs with unique keys. Whoever inserts a key waits for a rival that has not committed: if the rival rolls back, the job
/// goes in, and if it commits, another look finds it. Keys are taken in one order, so that two batches do not wait in a circle.
/// </summary>
internal sealed partial class PostgresLedger
{
    private const string LookUp =
        """
        select known.id is not null, held.id, held.state, waiting.id, timed.job_id
        from unnest($1, $2, $3, $4) with ordinality as n(id, kind, unique_key, held_key, place)
        left join lateral (select j.id from busjobs.job j where j.id = n.id) known on true
        left join lateral (
            select j.id, j.state from busjobs.job j
            where j.kind = n.kind and j.unique_key = n.unique_key and j.key_generation = busjobs.generation_of(n.kind)
              and j.unique_key is not null and not j.waits_for_key and j.stage in (0, 1, 2) limit 1) held on true
        left join lateral (
            select j.id from busjobs.job j
            where j.kind = n.kind and j.unique_key = n.unique_key and j.key_generation = busjobs.generation_of(n.kind)
              and j.waits_for_key and j.stage = 0 limit 1) waiting on true
        left join lateral (
            select h.job_id from busjobs.held_key h
            where h.scope = n.kind and h.key = n.held_key and h.generation = busjobs.generation_of(n.kind) and h.expires_at > now()) timed on true
        order by n.place
        """;

    private const string HoldForJobs =
        """
        insert into busjobs.held_key as h (scope, key, generation, job_id, expires_at)
        select n.kind, n.key, busjobs.generation_of(n.kind), n.id, greatest(now(), n.until) + n.ttl
        from unnest($1, $2, $3, $4, $5) as n(kind, key, id, until, ttl) order by n.kind, n.key
        on conflict (scope, key) do update set generation = excluded.generation, job_id = excluded.job_id, expires_at = excluded.expires_at
        where h.expires_at <= now() or h.generation < excluded.generation
        returning h.job_id
        """;

    private const string InsertAdmitted =
        """
        insert into busjobs.job (id, kind, queue, payload, state, priority, run_at, max_attempts, timeout_ms, tenant, tags, trace_parent,
            expires_at, unique_key, key_generation, waits_for_key, serial_key, serial_no)
        select id, kind, queue, payload,
               case when waits or greatest(run_at, now() + delay) > now() then 0 else 1 end,
               priority, greatest(run_at, now() + delay, now()), max_attempts, timeout_ms, tenant, tags, trace_parent,
               greatest(run_at, now() + delay, now()) + max_age, unique_key, case when unique_key is not null then busjobs.generation_of(kind) end, waits,
               serial_key, case when serial_key is not null then nextval('busjobs.serial_no') end
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
             as n(id, kind, queue, payload, priority, run_at, delay, max_attempts, timeout_ms, tenant, tags, trace_parent, serial_key, max_age, unique_key, waits)
        -- A job that waits for the key has it next.
        where n.waits or n.unique_key is null or (
            select 1 from busjobs.job j where j.kind = n.kind and j.unique_key = n.unique_key
                and j.key_generation = busjobs.generation_of(n.kind) and j.waits_for_key and j.stage = 0 limit 1) is null
        order by n.kind, n.unique_key
        on conflict do nothing
        returning id
        """;

    private const string ReplacePayloads =
        """
        update busjobs.job j set
            payload = r.payload,
            state = case when not r.moves or j.waits_for_key then j.state when r.at > now() then 0 else 1 end,
            run_at = case when r.moves then r.at else j.run_at end,
            expires_at = case when r.moves then r.at + coalesce(r.max_age, j.expires_at - j.run_at) else j.expires_at end
        from (select u.id, u.payload, u.max_age, u.run_at is not null or u.delay is not null as moves, greatest(u.run_at, now() + u.delay, now()) as at
              from unnest($1, $2, $3, $4, $5) as u(id, payload, run_at, delay, max_age)) r
        where j.id = r.id and j.state in (0, 1)
        returning j.id
        """;

    /// <summary>Inserts within the transaction that the connection is in: jobs without keys as they are, others by the rule of keys.</summary>
    private static Task<IReadOnlyList<EnqueueResult>> AddAsync(
        NpgsqlConnection connection, IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken) =>
        jobs.All(IsPlain) ? InsertRowsAsync(connection, jobs, cancellationToken) : AdmitAsync(connection, [.. jobs], cancellationToken);

    private static bool IsPlain(NewJob job) => job.Unique is null && job.MaxAge is null;

    private static async Task<IReadOnlyList<EnqueueResult>> AdmitAsync(
        NpgsqlConnection connection, IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        var admitting = new Admitting(jobs);
        while (admitting.IsOpen)
        {
            admitting.Look(await LookUpAsync(connection, admitting.Open, cancellationToken));
            admitting.Replaced(await ReplaceAsync(connection, admitting.Replacing, cancellationToken));
            admitting.Held(await HoldAsync(connection, admitting.Entering, cancellationToken));
            admitting.Entered(await EnterAsync(connection, admitting.Entering, cancellationToken));
        }

        return admitting.Answers;
    }

    private static async Task<IReadOnlyList<Taken>> LookUpAsync(NpgsqlConnection connection, List<NewJob> jobs, CancellationToken cancellationToken)
    {
        await using var look = Statement(connection, LookUp,
            Array(jobs.Select(job => job.Id), NpgsqlDbType.Uuid),
            Array(jobs.Select(job => job.Kind), NpgsqlDbType.Text),
            Array(jobs.Select(HeldKeys.WhileActive), NpgsqlDbType.Text),
            Array(jobs.Select(HeldKeys.Of), NpgsqlDbType.Text));
        await using var reader = await look.ExecuteReaderAsync(cancellationToken);
        var taken = new List<Taken>(jobs.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            taken.Add(new Taken(
                reader.GetBoolean(0), OptionalId(reader, 1), !reader.IsDBNull(2) && (LedgerState)reader.GetInt16(2) == LedgerState.Dispatched, OptionalId(reader, 3), OptionalId(reader, 4)));
        }

        return taken;
    }

    private static async Task<HashSet<Guid>> ReplaceAsync(
        NpgsqlConnection connection, Dictionary<Guid, NewJob> replacing, CancellationToken cancellationToken)
    {
        if (replacing.Count == 0)
        {
            return [];
        }

        var pairs = replacing.OrderBy(pair => pair.Key).ToList();
        await using var replace = Statement(connection, ReplacePayloads,
            Array(pairs.Select(pair => pair.Key), NpgsqlDbType.Uuid),
            Array(pairs.Select(pair => pair.Value.Payload), NpgsqlDbType.Text),
            Array(pairs.Select(pair => pair.Value.RunAt?.ToUniversalTime()), NpgsqlDbType.TimestampTz),
            Array(pairs.Select(pair => pair.Value.Delay), NpgsqlDbType.Interval),
            Array(pairs.Select(pair => pair.Value.MaxAge), NpgsqlDbType.Interval));
        return await IdsAsync(replace, cancellationToken);
    }

    private static async Task<HashSet<Guid>> HoldAsync(NpgsqlConnection connection, List<Entering> entering, CancellationToken cancellationToken)
    {
        var jobs = entering.Select(entry => entry.Job).Where(job => HeldKeys.Of(job) is not null).ToList();
        if (jobs.Count == 0)
        {
            return [];
        }

        await using var hold = Statement(connection, HoldForJobs,
            Array(jobs.Select(job => job.Kind), NpgsqlDbType.Text),
            Array(jobs.Select(HeldKeys.Of), NpgsqlDbType.Text),
            Array(jobs.Select(job => job.Id), NpgsqlDbType.Uuid),
            Array(jobs.Select(job => job.Unique!.Window?.End.ToUniversalTime()), NpgsqlDbType.TimestampTz),
            Array(jobs.Select(job => job.Unique!.Ttl), NpgsqlDbType.Interval));
        return await IdsAsync(hold, cancellationToken);
    }

    private static async Task<HashSet<Guid>> EnterAsync(NpgsqlConnection connection, List<Entering> entering, CancellationToken cancellationToken)
    {
        if (entering.Count == 0)
        {
            return [];
        }

        var jobs = entering.ConvertAll(entry => entry.Job);
        await using var insert = Statement(connection, InsertAdmitted,
        [
            .. Columns(jobs),
            Array(jobs.Select(job => job.MaxAge), NpgsqlDbType.Interval),
            Array(jobs.Select(HeldKeys.WhileActive), NpgsqlDbType.Text),
            Array(entering.Select(entry => entry.Waits), NpgsqlDbType.Boolean),
        ]);
        return await IdsAsync(insert, cancellationToken);
    }

    private static async Task<HashSet<Guid>> IdsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    private static Guid? OptionalId(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);
}
