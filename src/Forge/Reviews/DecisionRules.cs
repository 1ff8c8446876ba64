using System.Text.Json.Serialization;

namespace Forge.Reviews;

[JsonConverter(typeof(JsonStringEnumConverter<ReviewDecision>))]
public enum ReviewDecision
{
    ReviewRequired,
    ChangesRequested,
    Approved,
}

[JsonConverter(typeof(JsonStringEnumConverter<CheckRollup>))]
public enum CheckRollup
{
    /// <summary>No check has reported on this commit.</summary>
    None,

    Pending,
    Success,
    Failure,
}

/// <param name="Approvals">Reviewers whose approval counts.</param>
/// <param name="IsReady">Approved, and no check failed or is still running.</param>
public sealed record Decided(ReviewDecision Decision, int Approvals, CheckRollup Checks, bool IsReady);

/// <summary>What reviews and checks add up to. Pure: the same for everybody who asks.</summary>
public static class DecisionRules
{
    /// <param name="author">Whose own reviews do not count.</param>
    /// <param name="head">The commit that would be merged.</param>
    /// <param name="required">Approvals needed; 0 when nobody has to look.</param>
    /// <param name="dismissStale">Whether approvals of other commits than <paramref name="head"/> count for nothing.</param>
    public static Decided Decide(
        IEnumerable<Review> reviews, IEnumerable<Check> checks, string author, string? head, int required, bool dismissStale)
    {
        var latest = Latest(reviews, author);
        var approvals = latest.Count(review => review.State == ReviewState.Approved && (!dismissStale || review.Commit == head));
        var decision = latest.Exists(review => review.State == ReviewState.ChangesRequested) ? ReviewDecision.ChangesRequested
            : approvals >= required ? ReviewDecision.Approved
            : ReviewDecision.ReviewRequired;
        var rollup = RollUp([.. checks.Where(check => check.Commit == head).Select(check => check.State)]);
        return new Decided(decision, approvals, rollup, decision == ReviewDecision.Approved && rollup is (CheckRollup.None or CheckRollup.Success));
    }

    /// <summary>
    /// Each reviewer's last word. Comments are none, and neither is what was dismissed; a request for changes stands until its reviewer
    /// approves or it is dismissed, however far the branch moves.
    /// </summary>
    private static List<Review> Latest(IEnumerable<Review> reviews, string author) =>
    [
        .. reviews.Where(review => review is { IsDismissed: false, State: not ReviewState.Commented } && review.Reviewer != author)
            .GroupBy(review => review.Reviewer)
            .Select(group => group.OrderBy(review => review.SubmittedAt).ThenBy(review => review.Id).Last()),
    ];

    private static CheckRollup RollUp(IReadOnlyCollection<CheckState> states) => states switch
    {
        { Count: 0 } => CheckRollup.None,
        _ when states.Contains(CheckState.Failure) => CheckRollup.Failure,
        _ when states.Contains(CheckState.Pending) => CheckRollup.Pending,
        _ => CheckRollup.Success,
    };
}
