using BusJobs;
using Forge.Hooks;
using Forge.Hub;
using Forge.Mergeability;
using Forge.Reviews;
using Microsoft.EntityFrameworkCore;

namespace Forge.Pushes;

/// <param name="PullRequests">Open ones whose mergeability is worked out again.</param>
/// <param name="Deliveries">Endpoints that will be told.</param>
public sealed record PushAnswer(bool Reindexes, int PullRequests, int Deliveries);

/// <summary>Everything that a branch which has moved sets going. It commits as one, with the caller's unit of work.</summary>
public sealed class Pushed(HubContext hub, IJobClient jobs, Outgoing outgoing)
{
    public async Task<PushAnswer> EnqueueAsync(HubRepository repository, string branch, CancellationToken cancellationToken)
    {
        var isDefault = branch == repository.DefaultBranch;
        if (isDefault)
        {
            var index = new IndexRepository(repository.Id);
            await jobs.EnqueueAsync(index, index.Once(repository.Org), cancellationToken);
        }

        var pulls = await hub.PullRequests.AsNoTracking()
            .Where(pull => pull.RepositoryId == repository.Id && pull.IsOpen && (pull.Source == branch || pull.Target == branch))
            .Select(pull => new { pull.Id, IsSource = pull.Source == branch }).ToListAsync(cancellationToken);
        await jobs.EnqueueManyAsync(
            [
                .. pulls.Select(pull => new RecomputeMergeability(pull.Id)).Select(job => NewJob.From(job, job.Once(repository.Org), jobs.Clock)),
                // Reviews and checks are of the commit that was at the head of the source.
                .. pulls.Where(pull => pull.IsSource).Select(pull => new RecomputeReviewDecision(pull.Id)).Select(job => NewJob.From(job, job.Once(repository.Org), jobs.Clock)),
            ],
            cancellationToken);
        var deliveries = await outgoing.AddAsync(repository.Id, "push", new { repository = repository.ToString(), branch }, cancellationToken);
        return new PushAnswer(isDefault, pulls.Count, deliveries);
    }
}
