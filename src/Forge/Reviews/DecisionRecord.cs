namespace Forge.Reviews;

/// <summary>A decision as it is kept for a pull request.</summary>
public sealed class DecisionRecord
{
    public required long PullRequestId { get; init; }
    public ReviewDecision Decision { get; private set; }
    public int Approvals { get; private set; }
    public CheckRollup Checks { get; private set; }
    public bool IsReady { get; private set; }

    /// <summary>The commit it is about; null when the branch is gone.</summary>
    public string? Head { get; private set; }

    public DateTimeOffset ComputedAt { get; private set; }

    /// <summary>Rises with each decision: a run that read older reviews cannot overwrite what came after it.</summary>
    public int Version { get; private set; }

    public void Take(Decided decided, string? head, DateTimeOffset now)
    {
        (Decision, Approvals, Checks, IsReady, Head) = (decided.Decision, decided.Approvals, decided.Checks, decided.IsReady, head);
        (ComputedAt, Version) = (now, Version + 1);
    }
}
