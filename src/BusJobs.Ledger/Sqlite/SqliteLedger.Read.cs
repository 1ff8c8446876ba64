using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

public sealed partial class SqliteLedger
{
    private const string CountsSql =
        """
        select
            (select count(*) from busjobs_job where state = 0),
            (select count(*) from busjobs_job where state = 1),
            -- Those in flight have no index of their own; the open dispatches name them.
            (select count(*) from busjobs_dispatch dispatch cross join json_each(dispatch.jobs) place cross join busjobs_job job on job.id = place.value
             where job.state = 2 and job.fence = dispatch.fences ->> place.key),
            coalesce(sum(dead), 0), coalesce(sum(succeeded), 0), coalesce(sum(cancelled), 0),
            coalesce(sum(retried), 0), coalesce(sum(stale), 0), coalesce(sum(reclaimed), 0)
        from busjobs_tally
        """;

    private const string FindSql =
        """
        select id, kind, queue, state, payload, priority, run_at, attempt, crashes, fence, cancel_requested, enqueued_at,
            finished_at, max_attempts, timeout_ms, tenant, tags, trace_parent, reason, progress, progress_note, worker, duration_ms
        from busjobs_job where id = @id
        """;

    public Task<LedgerCounts> CountsAsync(CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            using var row = session.Query(CountsSql);
            row.Read();
            return new LedgerCounts
            {
                Scheduled = row.GetInt64(0),
                Ready = row.GetInt64(1),
                Dispatched = row.GetInt64(2),
                DeadNow = row.GetInt64(3),
                Succeeded = row.GetInt64(4),
                Cancelled = row.GetInt64(5),
                Retried = row.GetInt64(6),
                Stale = row.GetInt64(7),
                Reclaimed = row.GetInt64(8),
            };
        },
        cancellationToken);

    public Task<IReadOnlyList<Guid>> CancelRequestedAsync(int limit, CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<Guid>>(
        session =>
        {
            var jobs = new List<Guid>();
            using var row = session.Query(
                "select id from busjobs_job where cancel_requested and state = 2 order by id limit @limit", ("@limit", limit));
            while (row.Read())
            {
                jobs.Add(Id(row.GetString(0)));
            }

            return jobs;
        },
        cancellationToken);

    public Task<JobRecord?> FindAsync(Guid jobId, CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            using var row = session.Query(FindSql, ("@id", jobId.ToString()));
            return row.Read() ? ReadRecord(row, jobId, ReadHistory(session, jobId)) : null;
        },
        cancellationToken);

    private static JobRecord ReadRecord(SqliteDataReader row, Guid id, List<AttemptRecord> history)
    {
        var record = new JobRecord
        {
            Id = id,
            Kind = row.GetString(1),
            Queue = row.GetString(2),
            State = (LedgerState)row.GetInt32(3),
            Payload = row.GetString(4),
            Priority = row.GetByte(5),
            RunAt = Time(row.GetInt64(6)),
            Attempts = row.GetInt32(7),
            Crashes = row.GetInt32(8),
            Fence = row.GetInt32(9),
            CancelRequested = row.GetBoolean(10),
            EnqueuedAt = Time(row.GetInt64(11)),
            FinishedAt = row.IsDBNull(12) ? null : Time(row.GetInt64(12)),
            MaxAttempts = row.IsDBNull(13) ? null : row.GetInt32(13),
            Timeout = row.IsDBNull(14) ? null : TimeSpan.FromMilliseconds(row.GetInt64(14)),
            Tenant = Text(row, 15),
            Tags = Text(row, 16) is { } tags ? JsonSerializer.Deserialize<List<string>>(tags)! : [],
            TraceParent = Text(row, 17),
            Reason = Text(row, 18),
            Progress = row.IsDBNull(19) ? null : new JobProgress(id, row.GetInt32(19), Text(row, 20)),
        };
        return record.State != LedgerState.Succeeded ? record with { History = history } : record with
        {
            // A success writes no row of its own: the job's row tells it all.
            History = [.. history, new AttemptRecord(
                record.Fence, record.Attempts, Ending.Completed, Text(row, 21) ?? "", record.FinishedAt ?? default,
                TimeSpan.FromMilliseconds(row.IsDBNull(22) ? 0 : row.GetInt32(22)), Reason: null)],
        };
    }

    private static List<AttemptRecord> ReadHistory(SqliteSession session, Guid jobId)
    {
        var history = new List<AttemptRecord>();
        using var row = session.Query(
            "select fence, number, ending, worker, ended_at, duration_ms, reason from busjobs_attempt where job_id = @id order by fence",
            ("@id", jobId.ToString()));
        while (row.Read())
        {
            history.Add(new AttemptRecord(
                row.GetInt32(0), row.GetInt32(1), (Ending)row.GetInt32(2), row.GetString(3), Time(row.GetInt64(4)),
                TimeSpan.FromMilliseconds(row.GetInt32(5)), Text(row, 6)));
        }

        return history;
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Guid Id(string text) => Guid.Parse(text, CultureInfo.InvariantCulture);
}
