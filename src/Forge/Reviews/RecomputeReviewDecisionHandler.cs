using BusJobs;
using Forge.Git;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Reviews;

/// <summary>Keeps the decision of a pull request up to date with its reviews, its checks and the head of its branch.</summary>
internal sealed class RecomputeReviewDecisionHandler(HubContext hub, BranchReader branches, TimeProvider clock) : IJobHandler<RecomputeReviewDecision>
{
    public async Task HandleAsync(RecomputeReviewDecision job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        // The decision is read first: whoever writes one after this makes the save fail, and the retry sees what it saw.
        var pull = await hub.PullRequests.Include(pull => pull.Repository).Include(pull => pull.Decision)
            .SingleOrDefaultAsync(pull => pull.Id == job.PullRequest, cancellationToken)
            ?? throw new PermanentJobException($"There is no pull request with the id {job.PullRequest}.");
        var head = await HeadAsync(pull, cancellationToken);
        var reviews = await hub.Reviews.Where(review => review.PullRequestId == pull.Id).ToListAsync(cancellationToken);
        var checks = await hub.Checks.Where(check => check.RepositoryId == pull.RepositoryId && check.Commit == head).ToListAsync(cancellationToken);
        var repository = pull.Repository;
        var decided = DecisionRules.Decide(reviews, checks, pull.Author, head, repository.RequiredApprovals, repository.DismissStaleApprovals);
        pull.Decision ??= new DecisionRecord { PullRequestId = pull.Id };
        pull.Decision.Take(decided, head, clock.GetUtcNow());
        await hub.SaveChangesAsync(cancellationToken);
        attempt.ReportProgress(100, decided.Decision.ToString());
    }

    private async Task<string?> HeadAsync(PullRequest pull, CancellationToken cancellationToken)
    {
        try
        {
            return await branches.HeadAsync(pull.Repository.Path, pull.Source, cancellationToken);
        }
        catch (RepositoryNotFoundException exception)
        {
            throw exception.AsPermanent(pull.Repository.ToString());
        }
    }
}
