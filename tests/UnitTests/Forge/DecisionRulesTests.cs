using Forge.Reviews;

namespace BusJobs.UnitTests.Forge;

public sealed class DecisionRulesTests
{
    private const string Head = "head";
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Nobody_has_looked_yet() => Assert.Equal(new Decided(ReviewDecision.ReviewRequired, 0, CheckRollup.None, IsReady: false), Decide([]));

    [Fact]
    public void One_approval_of_the_head_suffices() => Assert.Equal(new Decided(ReviewDecision.Approved, 1, CheckRollup.None, IsReady: true), Decide([By("bob")]));

    [Fact]
    public void Each_reviewer_is_heard_once() => Assert.Equal(1, Decide([By("bob"), By("bob", minute: 1)], required: 2).Approvals);

    [Fact]
    public void The_last_word_counts_in_whatever_order_it_is_read()
    {
        var (no, yes) = (By("bob", ReviewState.ChangesRequested, minute: 1), By("bob", minute: 2));
        Assert.Equal(ReviewDecision.Approved, Decide([yes, no]).Decision);
        Assert.Equal(ReviewDecision.ChangesRequested, Decide([By("bob", minute: 0), no]).Decision);
    }

    [Fact]
    public void One_request_for_changes_outweighs_any_number_of_approvals() =>
        Assert.Equal(ReviewDecision.ChangesRequested, Decide([By("bob"), By("cid"), By("dan", ReviewState.ChangesRequested)]).Decision);

    [Fact]
    public void A_comment_neither_decides_nor_takes_an_approval_back() =>
        Assert.Equal(ReviewDecision.Approved, Decide([By("bob"), By("bob", ReviewState.Commented, minute: 5)]).Decision);

    [Fact]
    public void A_dismissed_review_is_as_if_it_had_not_been_and_the_one_before_it_counts_again()
    {
        var dismissed = By("bob", ReviewState.ChangesRequested, minute: 1);
        dismissed.IsDismissed = true;
        Assert.Equal(ReviewDecision.Approved, Decide([By("bob"), dismissed]).Decision);
        Assert.Equal(ReviewDecision.ReviewRequired, Decide([dismissed]).Decision);
    }

    [Theory]
    [InlineData(true, ReviewDecision.ReviewRequired)]
    [InlineData(false, ReviewDecision.Approved)]
    public void An_approval_of_an_older_commit_counts_unless_stale_ones_are_dismissed(bool dismissStale, ReviewDecision decision) =>
        Assert.Equal(decision, Decide([By("bob", commit: "old")], dismissStale: dismissStale).Decision);

    [Fact]
    public void A_request_for_changes_stands_however_far_the_branch_moves() =>
        Assert.Equal(ReviewDecision.ChangesRequested, Decide([By("bob", ReviewState.ChangesRequested, commit: "old")]).Decision);

    [Fact]
    public void Nobody_approves_of_his_own_work() => Assert.Equal(0, Decide([By("ann")]).Approvals);

    [Fact]
    public void Where_nobody_has_to_look_everything_is_approved() => Assert.Equal(ReviewDecision.Approved, Decide([], required: 0).Decision);

    [Theory]
    [InlineData(CheckRollup.None, true)]
    [InlineData(CheckRollup.Success, true, CheckState.Success, CheckState.Success)]
    [InlineData(CheckRollup.Pending, false, CheckState.Success, CheckState.Pending)]
    [InlineData(CheckRollup.Failure, false, CheckState.Pending, CheckState.Failure)]
    public void Checks_of_the_head_are_rolled_up(CheckRollup rollup, bool isReady, params CheckState[] states)
    {
        var checks = states.Select((state, i) => CheckOf(Head, $"check-{i}", state)).Append(CheckOf("old", "check", CheckState.Failure));
        var decided = DecisionRules.Decide([By("bob")], checks, "ann", Head, required: 1, dismissStale: true);
        Assert.Equal((rollup, isReady), (decided.Checks, decided.IsReady));
    }

    [Fact]
    public void Good_checks_do_not_make_up_for_a_missing_review() => Assert.False(
        DecisionRules.Decide([], [CheckOf(Head, "build", CheckState.Success)], "ann", Head, required: 1, dismissStale: true).IsReady);

    private static Decided Decide(IEnumerable<Review> reviews, int required = 1, bool dismissStale = true) =>
        DecisionRules.Decide(reviews, [], "ann", Head, required, dismissStale);

    private static Review By(string reviewer, ReviewState state = ReviewState.Approved, int minute = 0, string commit = Head) =>
        new() { PullRequestId = 1, Reviewer = reviewer, State = state, Commit = commit, SubmittedAt = Noon.AddMinutes(minute) };

    private static Check CheckOf(string commit, string name, CheckState state) => new() { RepositoryId = 1, Commit = commit, Name = name, State = state };
}
