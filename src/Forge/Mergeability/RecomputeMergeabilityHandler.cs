using BusJobs;
using Forge.Git;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Mergeability;

/// <summary>Keeps the verdict of a pull request up to date. When neither branch has moved since the last one, there is nothing to do.</summary>
internal sealed class RecomputeMergeabilityHandler(HubContext hub, BranchReader branches, MergeTree merges, TimeProvider clock) : IJobHandler<RecomputeMergeability>
{
    public async Task HandleAsync(RecomputeMergeability job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        var pull = await hub.PullRequests.Include(pull => pull.Repository).Include(pull => pull.Mergeability)
            .SingleOrDefaultAsync(pull => pull.Id == job.PullRequest, cancellationToken)
            ?? throw new PermanentJobException($"There is no pull request with the id {job.PullRequest}.");
        try
        {
            await RecomputeAsync(pull, attempt, cancellationToken);
        }
        catch (RepositoryNotFoundException exception)
        {
            throw exception.AsPermanent(pull.Repository.ToString());
        }
    }

    private async Task RecomputeAsync(PullRequest pull, JobAttempt attempt, CancellationToken cancellationToken)
    {
        var path = pull.Repository.Path;
        var source = await branches.HeadAsync(path, pull.Source, cancellationToken);
        var target = await branches.HeadAsync(path, pull.Target, cancellationToken);
        if (pull.Mergeability?.IsFor(source, target) == true)
        {
            attempt.ReportProgress(100, "Neither branch has moved.");
            return;
        }

        var verdict = source is null || target is null
            ? new MergeVerdict(MergeState.BranchGone, source, target, MergeBase: null, Ahead: 0, Behind: 0, Conflicts: [])
            : await merges.TryAsync(path, source, target, cancellationToken);
        pull.Mergeability ??= new MergeabilityRecord { PullRequestId = pull.Id };
        pull.Mergeability.Take(verdict, clock.GetUtcNow());
        await hub.SaveChangesAsync(cancellationToken);
        attempt.ReportProgress(100, verdict.State.ToString());
    }
}
