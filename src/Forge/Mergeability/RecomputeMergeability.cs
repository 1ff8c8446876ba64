using BusJobs;

namespace Forge.Mergeability;

/// <summary>Works out whether a pull request can be merged, from its repository as it is now.</summary>
/// <param name="PullRequest">Its id in the hub.</param>
[JobKind("forge.recompute-mergeability", Queue = "merge")]
public sealed record RecomputeMergeability(long PullRequest)
{
    /// <summary>One at a time for a pull request; a push during a run makes one more run, which sees it.</summary>
    public EnqueueOptions Once(string org) => new() { Unique = Unique.WhileActive($"pull-{PullRequest}"), Tenant = org };
}
