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

    // Passes over what somebody else holds, so that it waits for nobody while it holds jobs itself.
    private const string CancelJobs =
        """
        with found as materialized (
            select id, state as was from busjobs.job where id = any($1) and state in (0, 1, 2) order by id for update skip locked
        )
        update busjobs.job j set
            cancel_requested = true,
            state = case when found.was = 2 then 2 else 5 end,
            finished_at = case when found.was = 2 then j.finished_at else coalesce($2, now()) end,
            reason = case when found.was = 2 then j.reason else 'cancelled before it started' end
        from found where j.id = found.id
        returning j.id, j.kind, found.was
        """;

    private const string StillLive = "select id from busjobs.job where id = any($1) and state in (0, 1, 2)";

    /// <summary>Jobs that one transaction cancels.</summary>
    private const int CancelPack = 1_000;

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

    public async Task<CancelReport> CancelManyAsync(IReadOnlyCollection<Guid> jobIds, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var (cancelled, requested) = (0, 0);
        foreach (var pack in jobIds.Distinct().Chunk(CancelPack))
        {
            var done = await CancelPackAsync(pack, now, cancellationToken);
            cancelled += done.Values.Count(static was => was != LedgerState.Dispatched);
            requested += done.Values.Count(static was => was == LedgerState.Dispatched);
            foreach (var id in await StillLiveAsync([.. pack.Where(id => !done.ContainsKey(id))], cancellationToken))
            {
                // Somebody held it: now it may be waited for, because nothing else is held.
                var result = await CancelAsync(id, now, cancellationToken);
                cancelled += result == CancelResult.Cancelled ? 1 : 0;
                requested += result == CancelResult.Requested ? 1 : 0;
            }
        }

        return new CancelReport(cancelled, requested);
    }

    /// <summary>
    /// A job that ends lets go the one behind it, which somebody else may hold. Who waits there for more than a moment may wait in a circle,
    /// so that the pack is given up, and its jobs go one by one.
    /// </summary>
    /// <returns>The jobs with the states that they were in; none when the pack was given up.</returns>
    private async Task<Dictionary<Guid, LedgerState>> CancelPackAsync(Guid[] pack, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (done, tally) = (new Dictionary<Guid, LedgerState>(pack.Length), new Tally());
        try
        {
            await using var cancel = new NpgsqlBatch(connection)
            {
                BatchCommands = { Command(WaitLittle), Command(CancelJobs, Array(pack, NpgsqlDbType.Uuid), Now(now)), Command("set local lock_timeout = 0") },
            };
            await using var reader = await cancel.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var was = (LedgerState)reader.GetInt16(2);
                done.Add(reader.GetGuid(0), was);
                if (was != LedgerState.Dispatched)
                {
                    tally.Of(reader.GetString(1)).Cancelled++;
                }
            }
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return [];
        }

        await CountAsync(connection, tally, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return done;
    }

    private async Task<List<Guid>> StillLiveAsync(Guid[] left, CancellationToken cancellationToken)
    {
        if (left.Length == 0)
        {
            return [];
        }

        await using var select = Statement(StillLive, Array(left, NpgsqlDbType.Uuid));
        return [.. await IdsAsync(select, cancellationToken)];
    }

    public async Task<IReadOnlyList<Guid>> CancelRequestedAsync(int limit, CancellationToken cancellationToken)
    {
        await using var select = Statement("select id from busjobs.job where cancel_requested and stage in (1, 2) and state = 2 limit $1", Of(limit));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

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
