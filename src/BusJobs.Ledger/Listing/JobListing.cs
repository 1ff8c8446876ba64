using System.Linq.Expressions;
using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.Ledger.Listing;

/// <summary>The questions that people ask of a ledger; both databases answer them in the same way.</summary>
internal static class JobListing
{
    /// <summary>How many payloads are read at once when they are what is asked for, and how many for one page.</summary>
    private const int PayloadBatch = 200;

    private const int MostPayloads = 2_000;

    private static readonly Expression<Func<JobRow, Listed>> Columns = row => new Listed(
        row.Id, row.Kind, row.Queue, row.State, row.Lane, row.Priority, row.RunAt, row.Attempt, row.EnqueuedAt, row.FinishedAt, row.Tenant, row.Tags, row.Reason, row.DiscardedBy);

    extension(LedgerContext context)
    {
        public async Task<JobPage> ListJobsAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken)
        {
            var (jobs, next) = filter.Member is { } member
                ? await context.WithMemberAsync(filter with { Member = null }, member, after, limit, cancellationToken)
                : await context.ScanAsync(filter, after, limit, cancellationToken);
            return new JobPage([.. jobs.Select(Summary)], next);
        }

        /// <summary>Payloads are read as both databases keep them, and never more than so many, however rare the value is.</summary>
        private async Task<(IReadOnlyList<Listed> Jobs, JobPlace? Next)> WithMemberAsync(
            JobFilter others, MemberFilter member, JobPlace? after, int limit, CancellationToken cancellationToken)
        {
            var (found, looked, next) = (new List<Listed>(), 0, after);
            do
            {
                (var batch, next) = await context.ScanAsync(others, next, PayloadBatch, cancellationToken);
                var payloads = await context.ReadPayloadsAsync([.. batch.Select(job => job.Id)], cancellationToken);
                found.AddRange(batch.Where(job => payloads.TryGetValue(job.Id, out var payload) && member.Matches(payload)));
                looked += PayloadBatch;
            }
            while (next is not null && found.Count < limit && looked < MostPayloads);
            return found.Count > limit ? (found[..limit], Place(found[limit - 1], others)) : (found, next);
        }

        private async Task<(IReadOnlyList<Listed> Jobs, JobPlace? Next)> ScanAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken)
        {
            var scan = JobScan.Of(filter, context.IsSqlite);
            // Where the index alone picks the rows, no more of them are read than are shown.
            var isPicked = scan.Picks(filter);
            var rows = scan.After(context, after, filter.Queue, isPicked ? limit + 1 : JobScan.Rows);
            var found = await scan.Sort(Matching(rows, filter)).Take(limit + 1).Select(Columns).ToListAsync(cancellationToken);
            if (found.Count > limit)
            {
                return (found[..limit], Place(found[limit - 1], filter));
            }

            // All rows of the scan were looked at: is there anything beyond them?
            var last = isPicked ? null : await scan.Sort(rows).Skip(JobScan.Rows - 1).Select(Columns).FirstOrDefaultAsync(cancellationToken);
            return (found, last is null ? null : Place(last, filter));
        }

        public async Task<IReadOnlyDictionary<Guid, string>> ReadPayloadsAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) => await context.Jobs
            .Where(job => ids.Contains(job.Id)).Select(job => new { job.Id, job.Payload }).ToDictionaryAsync(job => job.Id, job => job.Payload, cancellationToken);

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
        jobs = filter.Discarded ? jobs.Where(job => job.DiscardedBy != null) : jobs;
        jobs = filter.Kind is { } kind ? jobs.Where(job => job.Kind == kind) : jobs;
        jobs = filter.Queue is { } queue ? jobs.Where(job => job.Queue == queue) : jobs;
        jobs = filter.Tenant is { } tenant ? jobs.Where(job => job.Tenant == tenant) : jobs;
        jobs = filter.From is { } from ? jobs.Where(job => job.EnqueuedAt >= from.ToUniversalTime()) : jobs;
        jobs = filter.To is { } to ? jobs.Where(job => job.EnqueuedAt < to.ToUniversalTime()) : jobs;
        // Tags are names, so a quoted one is found as it stands in the JSON array.
        return filter.Tag is { } tag ? jobs.Where(job => job.Tags != null && job.Tags.Contains($"\"{tag}\"")) : jobs;
    }

    private static JobPlace Place(Listed row, JobFilter filter) =>
        new(row.Id, row.Queue, row.Lane, row.Priority, filter.Discarded || filter.State == LedgerState.Dead ? row.FinishedAt ?? row.RunAt : row.RunAt);

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
        DiscardedBy = row.DiscardedBy,
    };

    private sealed record Listed(
        Guid Id, string Kind, string Queue, LedgerState State, short Lane, short Priority, DateTimeOffset RunAt, int Attempt, DateTimeOffset EnqueuedAt,
        DateTimeOffset? FinishedAt, string? Tenant, string? Tags, string? Reason, string? DiscardedBy);
}
