using System.Text.Json;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string CancelSql =
        """
        update busjobs_job set
            state = case when state = 2 then 2 else 5 end,
            cancel_requested = 1,
            finished_at = case when state = 2 then finished_at else @now end,
            reason = case when state = 2 then reason else 'cancelled before it started' end
        where id = @id and state in (0, 1, 2) returning kind, state
        """;

    private const string CancelManySql =
        """
        update busjobs_job set
            state = case when state = 2 then 2 else 5 end,
            cancel_requested = 1,
            finished_at = case when state = 2 then finished_at else @now end,
            reason = case when state = 2 then reason else 'cancelled before it started' end
        where id in (select value from json_each(@ids)) and state in (0, 1, 2) returning kind, state
        """;

    /// <summary>Jobs that one transaction cancels, so that the writers of jobs need not wait for long.</summary>
    private const int CancelPack = 1_000;

    public Task<CancelResult> CancelAsync(Guid jobId, DateTimeOffset? now, CancellationToken cancellationToken) => writer.WriteAsync(
        session =>
        {
            var tally = new Tally();
            using (var row = session.Query(CancelSql, ("@id", jobId.ToString()), ("@now", Ms(now))))
            {
                if (!row.Read())
                {
                    return Exists(session, jobId) ? CancelResult.AlreadyEnded : CancelResult.NotFound;
                }

                if (row.GetInt32(1) == (int)LedgerState.Dispatched)
                {
                    return CancelResult.Requested;
                }

                tally.Of(row.GetString(0)).Cancelled++;
            }

            Count(session, tally);
            return CancelResult.Cancelled;
        },
        cancellationToken);

    public async Task<CancelReport> CancelManyAsync(IReadOnlyCollection<Guid> jobIds, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var (cancelled, requested) = (0, 0);
        foreach (var pack in jobIds.Distinct().Chunk(CancelPack))
        {
            var report = await writer.WriteAsync(session => CancelPackOf(session, pack, Ms(now)), cancellationToken);
            (cancelled, requested) = (cancelled + report.Cancelled, requested + report.Requested);
        }

        return new CancelReport(cancelled, requested);
    }

    public Task ReportProgressAsync(IReadOnlyCollection<JobProgress> progress, CancellationToken cancellationToken) => writer.WriteAsync(
        session => progress.Sum(report => session.Run(
            "update busjobs_job set progress = @percent, progress_note = @note where id = @id and state = 2",
            ("@id", report.JobId.ToString()),
            ("@percent", report.Percent),
            ("@note", report.Note))),
        cancellationToken);

    /// <summary>Raises the counter of the dispatches themselves, so the probe's number is later than all of them and never one of theirs.</summary>
    public Task<long> NextSequenceAsync(CancellationToken cancellationToken) => writer.WriteAsync(
        session =>
        {
            session.Run("update sqlite_sequence set seq = seq + 1 where name = 'busjobs_dispatch'");
            using var row = session.Query("select seq from sqlite_sequence where name = 'busjobs_dispatch'");
            row.Read();
            return row.GetInt64(0);
        },
        cancellationToken);

    private static CancelReport CancelPackOf(SqliteSession session, Guid[] pack, long now)
    {
        var (cancelled, requested, tally) = (0, 0, new Tally());
        using (var row = session.Query(CancelManySql, ("@ids", JsonSerializer.Serialize(pack)), ("@now", now)))
        {
            while (row.Read())
            {
                if (row.GetInt32(1) == (int)LedgerState.Dispatched)
                {
                    requested++;
                    continue;
                }

                tally.Of(row.GetString(0)).Cancelled++;
                cancelled++;
            }
        }

        Count(session, tally);
        return new CancelReport(cancelled, requested);
    }

    private static bool Exists(SqliteSession session, Guid jobId)
    {
        using var row = session.Query("select 1 from busjobs_job where id = @id", ("@id", jobId.ToString()));
        return row.Read();
    }
}
