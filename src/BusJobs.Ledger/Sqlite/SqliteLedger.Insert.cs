using System.Data.Common;
using BusJobs.Ledger.Model;
using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string InsertSql =
        """
        insert into busjobs_job (id, kind, queue, payload, state, priority, run_at, max_attempts, timeout_ms, tenant, tags, trace_parent, serial_key, enqueued_at)
        values (@id, @kind, @queue, @payload, @state, @priority, @run_at, @max_attempts, @timeout_ms, @tenant, @tags, @trace_parent, @serial_key, @now)
        on conflict (id) do nothing
        """;

    public async Task<EnqueueResult> InsertAsync(NewJob job, DbTransaction? transaction, CancellationToken cancellationToken) =>
        (await InsertManyAsync([job], transaction, cancellationToken))[0];

    public async Task<IReadOnlyList<EnqueueResult>> InsertManyAsync(
        IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if (transaction is not null)
        {
            // Whoever waits for work finds out by the file's version, because only the caller knows when the transaction commits.
            using var within = Within(transaction);
            return LedgerMetrics.Entered(jobs, InsertAllowed(within, jobs, Ms(now: null)));
        }

        var answers = await writer.WriteAsync(session => InsertAllowed(session, jobs, Ms(now: null)), cancellationToken);
        return LedgerMetrics.Entered(jobs, Woken(answers, answers.Any(answer => answer is EnqueueResult.Enqueued)));
    }

    private static SqliteStatements Within(DbTransaction transaction) => transaction is SqliteTransaction { Connection: { } connection } own
        ? new SqliteStatements(connection, own)
        : throw new JobRefusedException("transaction", transaction.GetType().Name, "an open transaction of SQLite, as the ledger is a SQLite file");

    private IReadOnlyList<EnqueueResult> InsertAllowed(SqliteStatements session, IReadOnlyCollection<NewJob> jobs, long now)
    {
        var limits = known.Current ?? known.Learn(ReadDoorLimits(session));
        if (limits.IsEmpty)
        {
            return AddAll(session, jobs, now);
        }

        var refusals = Limit(session, [.. jobs], now);
        return DoorAsk.Merge(refusals, AddAll(session, [.. jobs.Where((_, place) => refusals[place] is null)], now));
    }

    private static IReadOnlyList<EnqueueResult> InsertAll(SqliteStatement insert, IEnumerable<NewJob> jobs, long now) =>
        [.. jobs.Select(job => Insert(insert, job, now) == 1 ? (EnqueueResult)new EnqueueResult.Enqueued(job.Id) : new EnqueueResult.Duplicate(job.Id))];

    private static int Insert(SqliteStatement insert, NewJob job, long now)
    {
        var runAt = DueAt(job, now);
        var state = runAt > now ? LedgerState.Scheduled : LedgerState.Ready;
        return insert.Run(
            ("@id", job.Id.ToString()),
            ("@kind", job.Kind),
            ("@queue", job.Queue),
            ("@payload", job.Payload),
            ("@state", (int)state),
            ("@priority", (int)job.Priority),
            ("@run_at", runAt),
            ("@max_attempts", job.MaxAttempts),
            ("@timeout_ms", job.Timeout is { } timeout ? Ms(timeout) : null),
            ("@tenant", job.Tenant),
            ("@tags", TagList.Write(job.Tags)),
            ("@trace_parent", job.TraceParent),
            ("@serial_key", job.SerialKey),
            ("@now", now));
    }

    /// <summary>A time in the past is stored as now, so that an old date does not jump the queue.</summary>
    private static long DueAt(NewJob job, long now) => Math.Max(now, job.RunAt?.ToUnixTimeMilliseconds() ?? now + Ms(job.Delay ?? TimeSpan.Zero));
}
