using BusJobs.Ledger.Model;
using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

/// <summary>
/// Inserts jobs with unique keys. SQLite has one writer at a time, so whoever looks has the last word.
/// </summary>
internal sealed partial class SqliteLedger
{
    private const string KindGenerationSql = "coalesce((select generation from busjobs_key_generation where scope = @kind), 0)";

    private const string LookUpSql =
        $"""
        select
            exists (select 1 from busjobs_job where id = @id),
            (select id from busjobs_job where kind = @kind and unique_key = @key and key_generation = {KindGenerationSql}
                and unique_key is not null and not waits_for_key and state in (0, 1, 2)),
            (select state from busjobs_job where kind = @kind and unique_key = @key and key_generation = {KindGenerationSql}
                and unique_key is not null and not waits_for_key and state in (0, 1, 2)),
            (select id from busjobs_job where kind = @kind and unique_key = @key and key_generation = {KindGenerationSql}
                and waits_for_key and state = 0),
            (select job_id from busjobs_held_key where scope = @kind and key = @held and generation = {KindGenerationSql} and expires_at > @now)
        """;

    private const string InsertAdmittedSql =
        $"""
        insert into busjobs_job (id, kind, queue, payload, state, priority, run_at, max_attempts, timeout_ms, tenant, tags, trace_parent, enqueued_at,
            expires_at, unique_key, key_generation, waits_for_key, serial_key)
        values (@id, @kind, @queue, @payload, @state, @priority, @run_at, @max_attempts, @timeout_ms, @tenant, @tags, @trace_parent, @now,
            @expires_at, @key, case when @key is not null then {KindGenerationSql} end, @waits, @serial_key)
        on conflict do nothing
        """;

    private const string ReplaceSql =
        """
        update busjobs_job set
            payload = @payload,
            state = case when @at is null or waits_for_key then state when @at > @now then 0 else 1 end,
            run_at = coalesce(@at, run_at),
            expires_at = case when @at is null then expires_at else @at + coalesce(@age, expires_at - run_at) end
        where id = @id and state in (0, 1)
        """;

    private static bool IsPlain(NewJob job) => job.Unique is null && job.MaxAge is null;

    /// <summary>Inserts within the transaction that the connection is in: jobs without keys as they are, others by the rule of keys.</summary>
    private static IReadOnlyList<EnqueueResult> AddAll(SqliteStatements session, IReadOnlyCollection<NewJob> jobs, long now) =>
        jobs.All(IsPlain) ? InsertAll(session.Prepare(InsertSql), jobs, now) : Admit(session, [.. jobs], now);

    private static IReadOnlyList<EnqueueResult> Admit(SqliteStatements session, IReadOnlyList<NewJob> jobs, long now)
    {
        var admitting = new Admitting(jobs);
        while (admitting.IsOpen)
        {
            admitting.Look(LookUp(session, admitting.Open, now));
            admitting.Replaced([.. admitting.Replacing.Where(pair => Replace(session, pair.Key, pair.Value, now)).Select(pair => pair.Key)]);
            admitting.Held([.. admitting.Entering.Where(entry => Hold(session, entry.Job, now)).Select(entry => entry.Job.Id)]);
            admitting.Entered([.. admitting.Entering.Where(entry => Enter(session, entry, now)).Select(entry => entry.Job.Id)]);
        }

        return admitting.Answers;
    }

    private static List<Taken> LookUp(SqliteStatements session, List<NewJob> jobs, long now) => jobs.ConvertAll(job =>
    {
        using var row = session.Query(
            LookUpSql,
            ("@id", job.Id.ToString()), ("@kind", job.Kind), ("@key", HeldKeys.WhileActive(job)), ("@held", HeldKeys.Of(job)), ("@now", now));
        row.Read();
        return new Taken(
            row.GetBoolean(0), OptionalId(row, 1), !row.IsDBNull(2) && (LedgerState)row.GetInt32(2) == LedgerState.Dispatched,
            OptionalId(row, 3), OptionalId(row, 4));
    });

    private static bool Replace(SqliteStatements session, Guid id, NewJob by, long now) => session.Run(
        ReplaceSql,
        ("@id", id.ToString()),
        ("@payload", by.Payload),
        ("@at", by.RunAt is null && by.Delay is null ? null : DueAt(by, now)),
        ("@age", by.MaxAge is { } age ? Ms(age) : null),
        ("@now", now)) == 1;

    private static bool Hold(SqliteStatements session, NewJob job, long now)
    {
        if (HeldKeys.Of(job) is not { } key)
        {
            return false;
        }

        var from = Math.Max(now, job.Unique!.Window?.End.ToUnixTimeMilliseconds() ?? now);
        return session.Run(
            HoldSql,
            ("@scope", job.Kind), ("@key", key), ("@job", job.Id.ToString()), ("@until", from + Ms(job.Unique.Ttl!.Value)), ("@now", now)) == 1;
    }

    private static bool Enter(SqliteStatements session, Entering entry, long now)
    {
        var (_, job, waits) = entry;
        var runAt = DueAt(job, now);
        return session.Run(
            InsertAdmittedSql,
            ("@id", job.Id.ToString()),
            ("@kind", job.Kind),
            ("@queue", job.Queue),
            ("@payload", job.Payload),
            ("@state", (int)(waits || runAt > now ? LedgerState.Scheduled : LedgerState.Ready)),
            ("@priority", (int)job.Priority),
            ("@run_at", runAt),
            ("@max_attempts", job.MaxAttempts),
            ("@timeout_ms", job.Timeout is { } timeout ? Ms(timeout) : null),
            ("@tenant", job.Tenant),
            ("@tags", TagList.Write(job.Tags)),
            ("@trace_parent", job.TraceParent),
            ("@now", now),
            ("@expires_at", job.MaxAge is { } age ? runAt + Ms(age) : null),
            ("@key", HeldKeys.WhileActive(job)),
            ("@waits", waits),
            ("@serial_key", job.SerialKey)) == 1;
    }

    private static Guid? OptionalId(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Id(row.GetString(column));
}
