using System.Data.Common;
using BusJobs.Ledger.Model;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    /// <summary>Below this, one INSERT with arrays beats the two extra round trips of COPY.</summary>
    private const int CopyFrom = 50;

    private const string InsertRows =
        """
        insert into busjobs.job (id, kind, queue, payload, state, priority, run_at, max_attempts, timeout_ms, tenant, tags, trace_parent, serial_key, serial_no)
        select id, kind, queue, payload,
               case when greatest(run_at, now() + delay) > now() then 0 else 1 end,
               priority, greatest(run_at, now() + delay, now()), max_attempts, timeout_ms, tenant, tags, trace_parent,
               serial_key, case when serial_key is not null then nextval('busjobs.serial_no') end
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             as n(id, kind, queue, payload, priority, run_at, delay, max_attempts, timeout_ms, tenant, tags, trace_parent, serial_key)
        on conflict (id) do nothing
        returning id
        """;

    private const string CopyRows =
        "copy busjobs.job (id, kind, queue, payload, state, priority, max_attempts, timeout_ms, tenant, tags, trace_parent, serial_no) from stdin (format binary)";

    private const string InsertRow =
        """
        insert into busjobs.job (id, kind, queue, payload, state, priority, run_at, max_attempts, timeout_ms, tenant, tags, trace_parent, serial_key, serial_no)
        values ($1, $2, $3, $4, case when greatest($6, now() + $7) > now() then 0 else 1 end, $5, greatest($6, now() + $7, now()), $8, $9, $10, $11, $12,
                $13, case when $13 is not null then nextval('busjobs.serial_no') end)
        on conflict (id) do nothing
        """;

    public async Task<EnqueueResult> InsertAsync(NewJob job, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if (!IsPlain(job) || (await KnownLimitsAsync(cancellationToken)).Touch(job))
        {
            return (await InsertManyAsync([job], transaction, cancellationToken))[0];
        }

        var owned = transaction is null ? await source.OpenConnectionAsync(cancellationToken) : null;
        await using var closing = owned;
        await using var insert = Statement(owned ?? Connection(transaction!), InsertRow,
            Of(job.Id), Of(job.Kind), Of(job.Queue), Of(job.Payload), Of((short)job.Priority),
            Of(job.RunAt?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Of(job.Delay, NpgsqlDbType.Interval),
            Of(job.MaxAttempts, NpgsqlDbType.Integer), Of((long?)job.Timeout?.TotalMilliseconds, NpgsqlDbType.Bigint),
            Of(job.Tenant, NpgsqlDbType.Text), Of(TagList.Write(job.Tags), NpgsqlDbType.Text), Of(job.TraceParent, NpgsqlDbType.Text), Of(job.SerialKey, NpgsqlDbType.Text));
        return LedgerMetrics.Entered(
            job, await insert.ExecuteNonQueryAsync(cancellationToken) > 0 ? new EnqueueResult.Enqueued(job.Id) : new EnqueueResult.Duplicate(job.Id));
    }

    public async Task<IReadOnlyList<EnqueueResult>> InsertManyAsync(
        IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken) =>
        LedgerMetrics.Entered(jobs, await InsertAskingAsync(jobs, transaction, cancellationToken));

    private async Task<IReadOnlyList<EnqueueResult>> InsertAskingAsync(
        IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if ((await KnownLimitsAsync(cancellationToken)).IsEmpty)
        {
            return await InsertAllowedAsync(jobs, transaction, cancellationToken);
        }

        var refusals = await LimitAsync(jobs, transaction, cancellationToken);
        var added = await InsertAllowedAsync([.. jobs.Where((_, place) => refusals[place] is null)], transaction, cancellationToken);
        return DoorAsk.Merge(refusals, added);
    }

    private async Task<IReadOnlyList<EnqueueResult>> InsertAllowedAsync(
        IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if (jobs.Count == 0)
        {
            return [];
        }

        if (transaction is not null)
        {
            // COPY cannot pass over a known id, and a failed COPY would cost the caller's whole transaction.
            return await AddAsync(Connection(transaction), jobs, cancellationToken);
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (jobs.Count >= CopyFrom && jobs.All(job => job.Delay is null && job.RunAt is null && job.SerialKey is null && IsPlain(job)))
        {
            try
            {
                await CopyAsync(connection, jobs, cancellationToken);
                return [.. jobs.Select(job => new EnqueueResult.Enqueued(job.Id))];
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // Some of the ids are known: nothing was copied, and the slower statement passes them over.
            }
        }

        if (jobs.All(IsPlain))
        {
            return await InsertRowsAsync(connection, jobs, cancellationToken);
        }

        await using var own = await connection.BeginTransactionAsync(cancellationToken);
        var answers = await AdmitAsync(connection, [.. jobs], cancellationToken);
        await own.CommitAsync(cancellationToken);
        return answers;
    }

    private static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(CopyRows, cancellationToken);
        foreach (var job in jobs)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(job.Id, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(job.Kind, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(job.Queue, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(job.Payload, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync((short)LedgerState.Ready, NpgsqlDbType.Smallint, cancellationToken);
            await copy.WriteAsync((short)job.Priority, NpgsqlDbType.Smallint, cancellationToken);
            await WriteAsync(copy, job.MaxAttempts, NpgsqlDbType.Integer, cancellationToken);
            await WriteAsync(copy, (long?)job.Timeout?.TotalMilliseconds, NpgsqlDbType.Bigint, cancellationToken);
            await WriteAsync(copy, job.Tenant, NpgsqlDbType.Text, cancellationToken);
            await WriteAsync(copy, TagList.Write(job.Tags), NpgsqlDbType.Text, cancellationToken);
            await WriteAsync(copy, job.TraceParent, NpgsqlDbType.Text, cancellationToken);
            // Only jobs of a key have a number.
            await copy.WriteNullAsync(cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static Task WriteAsync<T>(NpgsqlBinaryImporter copy, T? value, NpgsqlDbType type, CancellationToken cancellationToken) =>
        value is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(value, type, cancellationToken);

    private static async Task<IReadOnlyList<EnqueueResult>> InsertRowsAsync(
        NpgsqlConnection connection, IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken)
    {
        await using var insert = Statement(connection, InsertRows, Columns(jobs));
        await using var reader = await insert.ExecuteReaderAsync(cancellationToken);
        var added = new HashSet<Guid>(jobs.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            added.Add(reader.GetGuid(0));
        }

        // Of an id that was given twice, the first is the one that was added.
        return [.. jobs.Select(job => added.Remove(job.Id) ? (EnqueueResult)new EnqueueResult.Enqueued(job.Id) : new EnqueueResult.Duplicate(job.Id))];
    }

    private static NpgsqlParameter[] Columns(IReadOnlyCollection<NewJob> jobs) =>
    [
        Array(jobs.Select(job => job.Id), NpgsqlDbType.Uuid),
        Array(jobs.Select(job => job.Kind), NpgsqlDbType.Text),
        Array(jobs.Select(job => job.Queue), NpgsqlDbType.Text),
        Array(jobs.Select(job => job.Payload), NpgsqlDbType.Text),
        Array(jobs.Select(job => (short)job.Priority), NpgsqlDbType.Smallint),
        Array(jobs.Select(job => job.RunAt?.ToUniversalTime()), NpgsqlDbType.TimestampTz),
        Array(jobs.Select(job => job.Delay), NpgsqlDbType.Interval),
        Array(jobs.Select(job => job.MaxAttempts), NpgsqlDbType.Integer),
        Array(jobs.Select(job => (long?)job.Timeout?.TotalMilliseconds), NpgsqlDbType.Bigint),
        Array(jobs.Select(job => job.Tenant), NpgsqlDbType.Text),
        Array(jobs.Select(job => TagList.Write(job.Tags)), NpgsqlDbType.Text),
        Array(jobs.Select(job => job.TraceParent), NpgsqlDbType.Text),
        Array(jobs.Select(job => job.SerialKey), NpgsqlDbType.Text),
    ];

    private static NpgsqlConnection Connection(DbTransaction transaction) => transaction is NpgsqlTransaction { Connection: { } connection }
        ? connection
        : throw new JobRefusedException("transaction", transaction.GetType().Name, "an open transaction of Npgsql, as the ledger is on PostgreSQL");
}
