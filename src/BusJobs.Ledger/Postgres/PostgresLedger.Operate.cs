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

    private const string Filtered =
        "($2::text is null or kind = $2) and ($3::text is null or queue = $3) and ($4::text is null or tenant = $4) order by finished_at, id limit $5";

    // Two statements, because one plan for both would read all dead jobs to find one by its id.
    private const string Dead = $"select id from busjobs.job where state = 4 and $1::uuid[] is null and {Filtered}";
    private const string DeadByIds = $"select id from busjobs.job where state = 4 and id = any($1::uuid[]) and {Filtered}";

    private static readonly string RedriveDead = Redriving(Dead);
    private static readonly string RedriveDeadByIds = Redriving(DeadByIds);

    private static string Redriving(string dead) =>
        $"""
        with chosen as materialized (
            select id, kind, unique_key from busjobs.job where id = any(array({dead} for update))
        ), free as (
            select c.id from (select id, kind, unique_key, row_number() over (partition by kind, unique_key order by id) as turn from chosen) c
            where c.unique_key is null or (c.turn = 1 and (
                select 1 from busjobs.job j where j.kind = c.kind and j.unique_key = c.unique_key and j.key_generation = busjobs.generation_of(c.kind)
                    and j.unique_key is not null and not j.waits_for_key and j.state in (0, 1, 2) limit 1) is null)
        ), redriven as (
            update busjobs.job set state = 1, run_at = coalesce($6, now()), attempt = 0, crashes = 0, parks = 0, cancel_requested = false,
                   finished_at = null, reason = null, expires_at = null,
                   key_generation = case when unique_key is not null then busjobs.generation_of(kind) end
            where id = any(array(select id from free))
            returning id, kind
        )
        select r.kind from chosen c left join redriven r on r.id = c.id
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
        while (true)
        {
            try
            {
                return await RedriveFreeAsync(filter, now, cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // A new job has taken the key of one of these since they were looked at. The next look finds it.
            }
        }
    }

    private async Task<RedriveReport> RedriveFreeAsync(RedriveFilter filter, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var tally = new Tally();
        var (ready, taken) = (0, 0);
        await using (var redrive = Statement(connection, filter.Ids is null ? RedriveDead : RedriveDeadByIds, [.. Chosen(filter), Now(now)]))
        await using (var reader = await redrive.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                if (reader.IsDBNull(0))
                {
                    taken++;
                    continue;
                }

                tally.Of(reader.GetString(0)).Dead--;
                ready++;
            }
        }

        await CountAsync(connection, tally, cancellationToken);
        await NotifyAsync(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new RedriveReport(ready, taken);
    }

    public async Task<int> CountDeadAsync(RedriveFilter filter, CancellationToken cancellationToken)
    {
        await using var count = Statement($"select count(*)::integer from ({(filter.Ids is null ? Dead : DeadByIds)}) dead", Chosen(filter));
        return (int)(await count.ExecuteScalarAsync(cancellationToken))!;
    }

    private static NpgsqlParameter[] Chosen(RedriveFilter filter) =>
    [
        Of(filter.Ids?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid), Of(filter.Kind, NpgsqlDbType.Text), Of(filter.Queue, NpgsqlDbType.Text),
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
        await using var notify = Statement(connection, Notify);
        await notify.ExecuteNonQueryAsync(cancellationToken);
    }
}
