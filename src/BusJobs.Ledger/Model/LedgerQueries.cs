using Microsoft.EntityFrameworkCore;

namespace BusJobs.Ledger.Model;

/// <summary>Queries that both ledgers share.</summary>
internal static class LedgerQueries
{
    extension(LedgerContext context)
    {
        /// <summary>The job with its history, or null.</summary>
        public async Task<JobRecord?> FindJobAsync(Guid jobId, CancellationToken cancellationToken)
        {
            if (await context.Jobs.AsNoTracking().SingleOrDefaultAsync(job => job.Id == jobId, cancellationToken) is not { } row)
            {
                return null;
            }

            var attempts = await context.Attempts.AsNoTracking().Where(attempt => attempt.JobId == jobId)
                .OrderBy(attempt => attempt.Fence).ToListAsync(cancellationToken);
            var follows = await context.FollowUps.Where(link => link.JobId == jobId).Select(link => (Guid?)link.Follows).SingleOrDefaultAsync(cancellationToken);
            return Record(row, attempts) with { Follows = follows, FollowUps = await context.FollowUpsOfAsync(jobId, cancellationToken) };
        }

        private Task<List<FollowUp>> FollowUpsOfAsync(Guid jobId, CancellationToken cancellationToken) => context.FollowUps
            .Where(link => link.Follows == jobId)
            .Join(context.Jobs, link => link.JobId, job => job.Id, (_, job) => job)
            .OrderBy(job => job.Id).Take(JobRecord.MostFollowUps)
            .Select(job => new FollowUp(job.Id, job.Kind, job.State, job.Tenant))
            .ToListAsync(cancellationToken);
    }

    private static JobRecord Record(JobRow row, List<AttemptRow> attempts) => new()
    {
        Id = row.Id,
        Kind = row.Kind,
        Queue = row.Queue,
        State = row.State,
        Payload = row.Payload,
        Priority = (byte)row.Priority,
        RunAt = row.RunAt,
        Attempts = row.Attempt,
        Crashes = row.Crashes,
        Fence = row.Fence,
        CancelRequested = row.CancelRequested,
        EnqueuedAt = row.EnqueuedAt,
        FinishedAt = row.FinishedAt,
        MaxAttempts = row.MaxAttempts,
        Timeout = row.TimeoutMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
        ExpiresAt = row.ExpiresAt,
        UniqueKey = row.UniqueKey,
        WaitsForKey = row.WaitsForKey,
        Tenant = row.Tenant,
        SerialKey = row.SerialKey,
        Tags = TagList.Read(row.Tags),
        TraceParent = row.TraceParent,
        Reason = row.Reason,
        DiscardedBy = row.DiscardedBy,
        Progress = row.Progress is { } percent ? new JobProgress(row.Id, percent, row.ProgressNote) : null,
        History = [.. attempts.Select(Record), .. Success(row)],
    };

    private static AttemptRecord Record(AttemptRow row) => new(
        row.Fence, row.Number, row.Ending, row.Worker, row.EndedAt, TimeSpan.FromMilliseconds(row.DurationMs), row.Reason);

    private static IEnumerable<AttemptRecord> Success(JobRow row) => row.State != LedgerState.Succeeded ? [] :
    [
        new AttemptRecord(row.Fence, row.Attempt, Ending.Completed, row.Worker ?? "unknown", row.FinishedAt ?? row.RunAt,
            TimeSpan.FromMilliseconds(row.DurationMs ?? 0), Reason: null),
    ];
}
