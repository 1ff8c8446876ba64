using BusJobs;

namespace Forge.Reviews;

/// <summary>Works out what the reviews and checks of a pull request add up to.</summary>
/// <param name="PullRequest">Its id in the hub.</param>
[JobKind("forge.recompute-review-decision", Queue = "merge")]
public sealed record RecomputeReviewDecision(long PullRequest)
{
    /// <inheritdoc cref="Mergeability.RecomputeMergeability.Once"/>
    public EnqueueOptions Once(string org) => new() { Unique = Unique.WhileActive($"pull-{PullRequest}"), Tenant = org };
}
