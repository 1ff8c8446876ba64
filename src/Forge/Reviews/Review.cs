using System.Text.Json.Serialization;

namespace Forge.Reviews;

[JsonConverter(typeof(JsonStringEnumConverter<ReviewState>))]
public enum ReviewState
{
    Approved,
    ChangesRequested,

    /// <summary>Says something and decides nothing.</summary>
    Commented,
}

/// <summary>What one reviewer said of one commit of a pull request.</summary>
public sealed class Review
{
    public long Id { get; private set; }
    public required long PullRequestId { get; init; }
    public required string Reviewer { get; init; }
    public required ReviewState State { get; init; }

    /// <summary>The head that the reviewer saw.</summary>
    public required string Commit { get; init; }

    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>Taken back, by whoever may; it counts no more.</summary>
    public bool IsDismissed { get; set; }
}

[JsonConverter(typeof(JsonStringEnumConverter<CheckState>))]
public enum CheckState
{
    Pending,
    Success,
    Failure,
}

/// <summary>The newest state of one check (a build, a linter) of one commit.</summary>
public sealed class Check
{
    public required long RepositoryId { get; init; }
    public required string Commit { get; init; }
    public required string Name { get; init; }
    public required CheckState State { get; set; }
}
