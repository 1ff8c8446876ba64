using BusJobs;
using Forge.Git;
using Forge.Hub;
using Forge.Indexing;
using Microsoft.EntityFrameworkCore;

namespace Forge.Pushes;

/// <summary>Compares the head of a repository's default branch with the search index and enqueues what has changed, in batches.</summary>
/// <param name="Repository">Its id in the hub.</param>
[JobKind("forge.index-repository", Queue = "search")]
public sealed record IndexRepository(long Repository)
{
    /// <summary>One at a time; a push during a run makes one more run, which sees it, however many there were.</summary>
    public EnqueueOptions Once(string org) => new() { Unique = Unique.WhileActive($"repo-{Repository}"), Tenant = org };
}

/// <inheritdoc cref="IndexRepository"/>
internal sealed class IndexRepositoryHandler(HubContext hub, SearchPlanner planner) : IJobHandler<IndexRepository>
{
    public async Task HandleAsync(IndexRepository job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        var repository = await hub.Repositories.SingleOrDefaultAsync(repository => repository.Id == job.Repository, cancellationToken)
            ?? throw new PermanentJobException($"There is no repository with the id {job.Repository}.");
        try
        {
            var plan = await planner.PlanAsync(repository.Path, repository.DefaultBranch, cancellationToken);

            // The batches lie in the hub's outbox, which commits with it. A run that is repeated plans only what is still missing.
            await hub.SaveChangesAsync(cancellationToken);
            attempt.ReportProgress(100, $"{plan.Changed} files changed, {plan.Deleted} deleted, {plan.Batches} batches");
        }
        catch (RepositoryNotFoundException exception)
        {
            throw exception.AsPermanent(repository.ToString());
        }
    }
}
