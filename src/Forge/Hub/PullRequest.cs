using Forge.Mergeability;
using Forge.Reviews;

namespace Forge.Hub;

/// <summary>The wish to merge one branch into another, with what the jobs found out about it.</summary>
public sealed class PullRequest
{
    public long Id { get; private set; }
    public required long RepositoryId { get; init; }

    /// <summary>1 and up, unique within its repository.</summary>
    public required int Number { get; init; }

    public required string Source { get; init; }
    public required string Target { get; init; }
    public required string Author { get; init; }
    public bool IsOpen { get; set; } = true;

    public HubRepository Repository { get; private set; } = null!;
    public ICollection<Review> Reviews { get; } = [];

    /// <summary>Null until it has been worked out for the first time.</summary>
    public MergeabilityRecord? Mergeability { get; set; }

    /// <inheritdoc cref="Mergeability"/>
    public DecisionRecord? Decision { get; set; }
}
