using BusJobs.IntegrationTests.Forge;
using Forge.Reviews;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Hub;

public sealed class ReviewDecisionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_decision_goes_stale_with_the_branch_and_is_made_again(bool postgres)
    {
        await using var story = await HubStory.StartAsync(postgres);
        var git = await GitFolder.InitAsync(Path.Combine(story.Folder, "repo"), "--initial-branch=topic");
        await git.GitAsync("commit", "--quiet", "--allow-empty", "-m", "one");
        var repository = await story.RegisterAsync(Path.Combine(git.Path, ".git"));
        var pull = await MergeabilityContract.OpenAsync(story, repository, "topic", "main");
        var head = await git.GitAsync("rev-parse", "topic");
        await story.AddAsync(
            new Review { PullRequestId = pull, Reviewer = "bob", State = ReviewState.Approved, Commit = head, SubmittedAt = story.Clock.GetUtcNow() },
            new Check { RepositoryId = repository.Id, Commit = head, Name = "build", State = CheckState.Success });
        var first = await DecideAsync(story, pull);
        Assert.Equal((ReviewDecision.Approved, CheckRollup.Success, true, head), (first.Decision, first.Checks, first.IsReady, first.Head));
        await git.GitAsync("commit", "--quiet", "--allow-empty", "-m", "two");
        var second = await DecideAsync(story, pull);
        Assert.Equal((ReviewDecision.ReviewRequired, CheckRollup.None, false, 2), (second.Decision, second.Checks, second.IsReady, second.Version));
    }

    [Fact]
    public async Task What_is_not_there_is_a_permanent_error()
    {
        await using var story = await HubStory.StartAsync(postgres: false);
        await Assert.ThrowsAsync<PermanentJobException>(() => DecideAsync(story, 4_711));
        var pull = await MergeabilityContract.OpenAsync(story, await story.RegisterAsync(Path.Combine(story.Folder, "nowhere")), "topic", "main");
        var fault = await Assert.ThrowsAsync<PermanentJobException>(() => DecideAsync(story, pull));
        Assert.StartsWith("Repository 'acme/repo' is gone", fault.Message, StringComparison.Ordinal);
    }

    private static async Task<DecisionRecord> DecideAsync(HubStory story, long pull)
    {
        await story.RunAsync<RecomputeReviewDecision, RecomputeReviewDecisionHandler>(new(pull));
        return await story.HubAsync(hub => hub.Decisions.SingleAsync());
    }
}
