using System.Data.Common;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

public sealed partial class SqliteLedger
{
    private const string InsertSql =
        """
        insert into busjobs_job (id, kind, queue, payload, state, priority, run_at, max_attempts, timeout_ms, tenant, tags, trace_parent, enqueued_at)
        values (@id, @kind, @queue, @payload, @state, @priority, @run_at, @max_attempts, @timeout_ms, @tenant, @tags, @trace_parent, @now)
        on conflict (id) do nothing
        """;

    public async Task<bool> InsertAsync(NewJob job, DbTransaction? transaction, CancellationToken cancellationToken) =>
        await InsertManyAsync([job], transaction, cancellationToken) == 1;

    public async Task<int> InsertManyAsync(IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if (transaction is not null)
        {
            return InsertWithin(Own(transaction), jobs);
        }

        var added = await writer.WriteAsync(session => InsertAll(session.Prepare(InsertSql), jobs, Ms(now: null)), cancellationToken);
        if (added > 0)
        {
            work.Set();
        }

        return added;
    }

    private static SqliteTransaction Own(DbTransaction transaction) => transaction as SqliteTransaction
        ?? throw new ArgumentException(
            $"The transaction is a {transaction.GetType().Name}, but this ledger is a SQLite file and can only join a SqliteTransaction.",
            nameof(transaction));

    // Whoever waits for work finds out by the file's version, because only the caller knows when the transaction commits.
    private int InsertWithin(SqliteTransaction transaction, IReadOnlyCollection<NewJob> jobs)
    {
        var connection = transaction.Connection
            ?? throw new ArgumentException("The transaction has ended, so no job can be enqueued within it.", nameof(transaction));
        using var insert = new SqliteStatement(InsertSql, connection, transaction);
        return InsertAll(insert, jobs, Ms(now: null));
    }

    private static int InsertAll(SqliteStatement insert, IEnumerable<NewJob> jobs, long now)
    {
        var added = 0;
        foreach (var job in jobs)
        {
            added += Insert(insert, job, now) is null ? 0 : 1;
        }

        return added;
    }

    /// <returns>The state of the new job; null when its id was known.</returns>
    private static LedgerState? Insert(SqliteStatement insert, NewJob job, long now)
    {
        // A time in the past is stored as now, so that an old date does not jump the queue.
        var runAt = Math.Max(now, job.RunAt?.ToUnixTimeMilliseconds() ?? now + Ms(job.Delay ?? TimeSpan.Zero));
        var state = runAt > now ? LedgerState.Scheduled : LedgerState.Ready;
        var added = insert.Run(
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
            ("@tags", job.Tags.Count == 0 ? null : JsonSerializer.Serialize(job.Tags)),
            ("@trace_parent", job.TraceParent),
            ("@now", now));
        return added == 1 ? state : null;
    }
}
