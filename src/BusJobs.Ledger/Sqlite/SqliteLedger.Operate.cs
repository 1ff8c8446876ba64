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

    private const string FilteredSql =
        "(@kind is null or kind = @kind) and (@queue is null or queue = @queue) and (@tenant is null or tenant = @tenant) order by finished_at, id limit @limit";

    // Two statements, because one plan for both would read all dead jobs to find one by its id.
    private const string DeadSql = $"select rowid from busjobs_job where state = 4 and @ids is null and {FilteredSql}";
    private const string DeadByIdsSql = $"select rowid from busjobs_job where state = 4 and id in (select value from json_each(@ids)) and {FilteredSql}";

    // A job whose key another has by now changes nothing, because the index would not have it.
    private const string RedriveSql =
        """
        update or ignore busjobs_job set state = 1, run_at = @now, attempt = 0, crashes = 0, parks = 0, cancel_requested = 0,
            finished_at = null, duration_ms = null, worker = null, reason = null, progress = null, progress_note = null, expires_at = null,
            key_generation = case when unique_key is not null
                then coalesce((select generation from busjobs_key_generation where scope = kind), 0) end
        where rowid in (select value from json_each(@rows))
        returning kind
        """;

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

    public async Task<RedriveReport> RedriveAsync(RedriveFilter filter, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var report = await writer.WriteAsync(session => Redrive(session, filter, Ms(now)), cancellationToken);
        return Woken(report, report.Ready > 0);
    }

    public Task<int> CountDeadAsync(RedriveFilter filter, CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            using var row = session.Query($"select count(*) from ({(filter.Ids is null ? DeadSql : DeadByIdsSql)})", Chosen(filter));
            row.Read();
            return row.GetInt32(0);
        },
        cancellationToken);

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

    private static RedriveReport Redrive(SqliteSession session, RedriveFilter filter, long now)
    {
        var dead = new List<long>();
        using (var row = session.Query(filter.Ids is null ? DeadSql : DeadByIdsSql, Chosen(filter)))
        {
            while (row.Read())
            {
                dead.Add(row.GetInt64(0));
            }
        }

        var tally = new Tally();
        var ready = 0;
        using (var row = session.Query(RedriveSql, ("@rows", $"[{string.Join(',', dead)}]"), ("@now", now)))
        {
            while (row.Read())
            {
                tally.Of(row.GetString(0)).Dead--;
                ready++;
            }
        }

        Count(session, tally);
        return new RedriveReport(ready, dead.Count - ready);
    }

    private static (string, object?)[] Chosen(RedriveFilter filter) =>
    [
        ("@ids", filter.Ids is { } ids ? JsonSerializer.Serialize(ids) : null), ("@kind", filter.Kind), ("@queue", filter.Queue), ("@tenant", filter.Tenant),
        ("@limit", filter.Limit),
    ];

    private static bool Exists(SqliteSession session, Guid jobId)
    {
        using var row = session.Query("select 1 from busjobs_job where id = @id", ("@id", jobId.ToString()));
        return row.Read();
    }
}
