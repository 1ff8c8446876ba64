namespace Forge.Backfill;

/// <summary>What happened on the default branch of a repository on one day (UTC, by the committer's date). A day without commits has a row of zeros.</summary>
public sealed class ActivityDay
{
    public required long RepositoryId { get; init; }

    /// <summary>Midnight, UTC.</summary>
    public required DateTimeOffset Start { get; init; }

    public int Commits { get; set; }

    /// <summary>Distinct e-mail addresses.</summary>
    public int Authors { get; set; }

    /// <summary>Lines, as <c>git log --numstat</c> counts them.</summary>
    public long Added { get; set; }

    public long Removed { get; set; }

    /// <summary>Distinct paths that changed; of a renamed file the new one.</summary>
    public int Files { get; set; }

    public DateTimeOffset ComputedAt { get; set; }
}
