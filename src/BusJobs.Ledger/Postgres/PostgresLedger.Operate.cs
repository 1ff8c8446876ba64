using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string CancelJob =
        """
        with found as (select id, state as was from busjobs.job where id = $1 for update)
        update busjobs.job j set
            cancel_requested = j.cancel_requested or found.was in (0, 1, 2),
            state = case when found.was in (0, 1) then 5 else j.state end,
            finished_at = case when found.was in (0, 1) then coalesce($2, now()) else j.finished_at end,
            reason = case when found.was in (0, 1) then 'cancelled before it started' else j.reason end
        from found where j.id = found.id
        returning found.was, j.kind
        """;

    private const string Dead =
        """
        select id from busjobs.job
        where state = 4 and ($1::uuid is null or id = $1) and ($2::text is null or kind = $2) and ($3::text is null or queue = $3)
          and ($4::text is null or tenant = $4)
        order by finished_at, id limit $5
        """;

    private const string RedriveDead =
        $"""
        update busjobs.job set state = 1, run_at = coalesce($6, now()), attempt = 0, crashes = 0, parks = 0, cancel_requested = false,
               finished_at = null, reason = null
        where id = any(array({Dead} for update))
        returning kind
        """;

    private const string RecordProgress =
        """
        update busjobs.job j set progress = p.percent, progress_note = p.note
        from unnest($1, $2, $3) as p(id, percent, note) where j.id = p.id and j.state = 2
        """;

    public async Task<CancelResult> CancelAsync(Guid jobId, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        LedgerState was;
        string kind;
        await using (var cancel = Statement(connection, CancelJob, Of(jobId), Now(now)))
        await using (var reader = await cancel.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return CancelResult.NotFound;
            }

            (was, kind) = ((LedgerState)reader.GetInt16(0), reader.GetString(1));
        }

        var tally = new Tally();
        if (was is LedgerState.Scheduled or LedgerState.Ready)
        {
            tally.Of(kind).Cancelled++;
        }

        await CountAsync(connection, tally, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return was switch
        {
            LedgerState.Scheduled or LedgerState.Ready => CancelResult.Cancelled,
            LedgerState.Dispatched => CancelResult.Requested,
            _ => CancelResult.AlreadyEnded,
        };
    }

    public async Task<IReadOnlyList<Guid>> CancelRequestedAsync(int limit, CancellationToken cancellationToken)
    {
        await using var select = Statement("select id from busjobs.job where cancel_requested and state = 2 limit $1", Of(limit));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    public async Task<RedriveReport> RedriveAsync(RedriveFilter filter, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var tally = new Tally();
        var redriven = 0;
        await using (var redrive = Statement(connection, RedriveDead, [.. Chosen(filter), Now(now)]))
        await using (var reader = await redrive.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                tally.Of(reader.GetString(0)).Dead--;
                redriven++;
            }
        }

        await CountAsync(connection, tally, cancellationToken);
        await NotifyAsync(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new RedriveReport(redriven, KeyTaken: 0);
    }

    public async Task<int> CountDeadAsync(RedriveFilter filter, CancellationToken cancellationToken)
    {
        await using var count = Statement($"select count(*)::integer from ({Dead}) dead", Chosen(filter));
        return (int)(await count.ExecuteScalarAsync(cancellationToken))!;
    }

    private static NpgsqlParameter[] Chosen(RedriveFilter filter) =>
    [
        Of(filter.JobId, NpgsqlDbType.Uuid), Of(filter.Kind, NpgsqlDbType.Text), Of(filter.Queue, NpgsqlDbType.Text),
        Of(filter.Tenant, NpgsqlDbType.Text), Of(filter.Limit),
    ];

    public async Task ReportProgressAsync(IReadOnlyCollection<JobProgress> progress, CancellationToken cancellationToken)
    {
        if (progress.Count == 0)
        {
            return;
        }

        await using var record = Statement(RecordProgress,
            Array(progress.Select(p => p.JobId), NpgsqlDbType.Uuid),
            Array(progress.Select(p => (short)p.Percent), NpgsqlDbType.Smallint),
            Array(progress.Select(p => p.Note), NpgsqlDbType.Text));
        await record.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<long> NextSequenceAsync(CancellationToken cancellationToken)
    {
        await using var next = Statement("select nextval(pg_get_serial_sequence('busjobs.dispatch', 'sequence'))");
        return (long)(await next.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task NotifyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var notify = Statement(connection, "select pg_notify('busjobs', '')");
        await notify.ExecuteNonQueryAsync(cancellationToken);
    }
}
