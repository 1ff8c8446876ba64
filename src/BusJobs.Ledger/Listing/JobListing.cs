using System.Linq.Expressions;
using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.Ledger.Listing;

/// <summary>The questions that people ask of a ledger; both databases answer them in the same way.</summary>
internal static class JobListing
{
    private static readonly Expression<Func<JobRow, Listed>> Columns = row => new Listed(
        row.Id, row.Kind, row.Queue, row.State, row.Lane, row.Priority, row.RunAt, row.Attempt, row.EnqueuedAt, row.FinishedAt, row.Tenant, row.Tags, row.Reason);

    extension(LedgerContext context)
    {
        public async Task<JobPage> ListJobsAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken)
        {
            var scan = JobScan.Of(filter.State, context.IsSqlite);
            // Where the index alone picks the rows, no more of them are read than are shown.
            var isPicked = scan.Picks(filter);
            var rows = scan.After(context, after, filter.Queue, isPicked ? limit + 1 : JobScan.Rows);
            var found = await scan.Sort(Matching(rows, filter)).Take(limit + 1).Select(Columns).ToListAsync(cancellationToken);
            if (found.Count > limit)
            {
                return new JobPage([.. found.Take(limit).Select(Summary)], Place(found[limit - 1], filter.State));
            }

            // All rows of the scan were looked at: is there anything beyond them?
            var last = isPicked ? null : await scan.Sort(rows).Skip(JobScan.Rows - 1).Select(Columns).FirstOrDefaultAsync(cancellationToken);
            return new JobPage([.. found.Select(Summary)], last is null ? null : Place(last, filter.State));
        }

        public Task<List<KindCounts>> CountKindsAsync(CancellationToken cancellationToken) => context.Tallies
            .GroupBy(tally => tally.Kind)
            .OrderBy(kind => kind.Key)
            .Select(kind => new KindCounts(
                kind.Key, kind.Sum(tally => tally.Succeeded), kind.Sum(tally => tally.Dead), kind.Sum(tally => tally.Cancelled), kind.Sum(tally => tally.Retried)))
            .ToListAsync(cancellationToken);
    }

    private static IQueryable<JobRow> Matching(IQueryable<JobRow> jobs, JobFilter filter)
    {
        jobs = filter.State is { } state ? jobs.Where(job => job.State == state) : jobs;
        jobs = filter.Kind is { } kind ? jobs.Where(job => job.Kind == kind) : jobs;
        jobs = filter.Queue is { } queue ? jobs.Where(job => job.Queue == queue) : jobs;
        jobs = filter.Tenant is { } tenant ? jobs.Where(job => job.Tenant == tenant) : jobs;
        jobs = filter.From is { } from ? jobs.Where(job => job.EnqueuedAt >= from.ToUniversalTime()) : jobs;
        jobs = filter.To is { } to ? jobs.Where(job => job.EnqueuedAt < to.ToUniversalTime()) : jobs;
        // Tags are names, so a quoted one is found as it stands in the JSON array.
        return filter.Tag is { } tag ? jobs.Where(job => job.Tags != null && job.Tags.Contains($"\"{tag}\"")) : jobs;
    }

    private static JobPlace Place(Listed row, LedgerState? state) =>
        new(row.Id, row.Queue, row.Lane, row.Priority, state == LedgerState.Dead ? row.FinishedAt ?? row.RunAt : row.RunAt);

    private static JobSummary Summary(Listed row) => new()
    {
        Id = row.Id,
        Kind = row.Kind,
        Queue = row.Queue,
        State = row.State,
        Priority = (byte)row.Priority,
        RunAt = row.RunAt,
        Attempts = row.Attempt,
        EnqueuedAt = row.EnqueuedAt,
        FinishedAt = row.FinishedAt,
        Tenant = row.Tenant,
        Tags = TagList.Read(row.Tags),
        Reason = row.Reason,
    };

    private sealed record Listed(
        Guid Id, string Kind, string Queue, LedgerState State, short Lane, short Priority, DateTimeOffset RunAt, int Attempt, DateTimeOffset EnqueuedAt,
        DateTimeOffset? FinishedAt, string? Tenant, string? Tags, string? Reason);
}
