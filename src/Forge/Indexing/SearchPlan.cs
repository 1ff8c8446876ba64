namespace Forge.Indexing;

/// <summary>What a plan found and enqueued.</summary>
/// <param name="Repository">The name under which the index knows the repository: that of its directory, with a suffix if another one has it already.</param>
/// <param name="GitDirectory">Absolute.</param>
/// <param name="Commit">The head; null for a repository without commits.</param>
/// <param name="Files">In the head commit.</param>
/// <param name="Changed">To be read: new, or with other content than the index has.</param>
/// <param name="Deleted">In the index, and no longer in the head commit.</param>
/// <param name="Skipped">Files of the head commit that the tree alone says are not indexed; binary files and the like are found by the jobs.</param>
/// <param name="Batches">Jobs that do it.</param>
/// <param name="Waiting">Of these, the ones that an earlier plan has enqueued and that wait or run still.</param>
public sealed record SearchPlan(
    string Repository, string GitDirectory, string? Commit, int Files, int Changed, int Deleted, IReadOnlyDictionary<SkipReason, int> Skipped, int Batches, int Waiting);
