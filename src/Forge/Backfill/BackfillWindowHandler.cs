using BusJobs;
using Forge.Git;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Backfill;

/// <summary>Fills in the days of one window, those that have been filled in before as well. Running it twice changes nothing.</summary>
internal sealed class BackfillWindowHandler(HubContext hub, BranchReader branches, HistoryReader history, TimeProvider clock) : IJobHandler<BackfillWindow>
{
    public async Task HandleAsync(BackfillWindow job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        job.Check();
        var repository = await hub.Repositories.SingleOrDefaultAsync(repository => repository.Id == job.Repository, cancellationToken)
            ?? throw new PermanentJobException($"There is no repository with the id {job.Repository}.");
        var commits = await ReadAsync(repository, job, cancellationToken);
        var days = await hub.Activity.Where(day => day.RepositoryId == repository.Id && day.Start >= job.Start && day.Start < job.End)
            .ToDictionaryAsync(day => day.Start, cancellationToken);
        var byDay = commits.ToLookup(commit => new DateTimeOffset(commit.At.UtcDateTime.Date, TimeSpan.Zero));
        for (var start = job.Start.ToUniversalTime(); start < job.End; start += BackfillWindow.Day)
        {
            if (!days.TryGetValue(start, out var day))
            {
                hub.Add(day = new ActivityDay { RepositoryId = repository.Id, Start = start });
            }

            Sum(day, [.. byDay[start]]);
            day.ComputedAt = clock.GetUtcNow();
        }

        await hub.SaveChangesAsync(cancellationToken);
        attempt.ReportProgress(100, $"{commits.Count} commits");
    }

    private async Task<IReadOnlyList<PastCommit>> ReadAsync(HubRepository repository, BackfillWindow job, CancellationToken cancellationToken)
    {
        try
        {
            return await branches.HeadAsync(repository.Path, repository.DefaultBranch, cancellationToken) is { } head
                ? await history.ReadAsync(repository.Path, head, job.Start, job.End, cancellationToken)
                : [];
        }
        catch (RepositoryNotFoundException exception)
        {
            throw exception.AsPermanent(repository.ToString());
        }
    }

    private static void Sum(ActivityDay day, IReadOnlyList<PastCommit> commits)
    {
        var changes = commits.SelectMany(commit => commit.Changes).ToList();
        day.Commits = commits.Count;
        day.Authors = commits.Select(commit => commit.Author).Distinct().Count();
        (day.Added, day.Removed) = (changes.Sum(change => (long)change.Added), changes.Sum(change => (long)change.Removed));
        day.Files = changes.Select(change => change.Path).Distinct().Count();
    }
}
