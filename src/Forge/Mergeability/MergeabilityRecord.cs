using System.Text.Json.Serialization;

namespace Forge.Mergeability;

[JsonConverter(typeof(JsonStringEnumConverter<MergeState>))]
public enum MergeState
{
    /// <summary>It merges without conflicts.</summary>
    Clean,

    /// <summary>It does not, for the files named.</summary>
    Conflicting,

    /// <summary>The target has everything the source has.</summary>
    UpToDate,

    /// <summary>The two branches have no commit in common, which git refuses to merge.</summary>
    Unrelated,

    /// <summary>One of the branches is not there (any more).</summary>
    BranchGone,
}

/// <summary>Whether two heads can be merged. It holds for as long as neither branch moves.</summary>
/// <param name="SourceHead">A commit id; null when the branch is gone.</param>
/// <param name="TargetHead">A commit id; null when the branch is gone.</param>
/// <param name="MergeBase">The best common ancestor; null when there is none.</param>
/// <param name="Ahead">Commits that the source has and the target has not.</param>
/// <param name="Behind">Commits that the target has and the source has not.</param>
/// <param name="Conflicts">Paths, ordered; empty unless <see cref="MergeState.Conflicting"/>.</param>
public sealed record MergeVerdict(
    MergeState State, string? SourceHead, string? TargetHead, string? MergeBase, int Ahead, int Behind, IReadOnlyList<string> Conflicts);

/// <summary>A verdict as it is kept for a pull request.</summary>
public sealed class MergeabilityRecord
{
    public required long PullRequestId { get; init; }
    public MergeState State { get; private set; }
    public string? SourceHead { get; private set; }
    public string? TargetHead { get; private set; }
    public string? MergeBase { get; private set; }
    public int Ahead { get; private set; }
    public int Behind { get; private set; }
    public List<string> Conflicts { get; private set; } = [];
    public DateTimeOffset ComputedAt { get; private set; }

    /// <summary>Rises with each verdict: a run that read an older one cannot overwrite what came after it.</summary>
    public int Version { get; private set; }

    public bool IsFor(string? sourceHead, string? targetHead) => Version > 0 && SourceHead == sourceHead && TargetHead == targetHead;

    public void Take(MergeVerdict verdict, DateTimeOffset now)
    {
        (State, SourceHead, TargetHead, MergeBase) = (verdict.State, verdict.SourceHead, verdict.TargetHead, verdict.MergeBase);
        (Ahead, Behind, Conflicts) = (verdict.Ahead, verdict.Behind, [.. verdict.Conflicts]);
        (ComputedAt, Version) = (now, Version + 1);
    }
}
