using BusJobs.IntegrationTests.Forge;
using Forge.Git;
using Forge.Hub;
using Forge.Mergeability;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Hub;

public abstract class MergeabilityContract(bool postgres)
{
    [Fact]
    public async Task A_verdict_names_the_files_that_conflict_and_how_far_the_branches_are_apart()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var (pull, git) = await DriftedAsync(story);
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
        var found = await RecordAsync(story, pull);
        Assert.Equal((MergeState.Conflicting, 1, 2), (found.State, found.Ahead, found.Behind));
        Assert.Equal(["naïve file.txt"], found.Conflicts);
        Assert.Equal(await git.GitAsync("rev-parse", "main~2"), found.MergeBase);
        Assert.Equal(await git.GitAsync("rev-parse", "topic"), found.SourceHead);
    }

    [Fact]
    public async Task A_verdict_holds_until_a_branch_moves()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var (pull, git) = await DriftedAsync(story);
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
        Assert.Equal(1, (await RecordAsync(story, pull)).Version);
        await git.GitAsync("update-ref", "refs/heads/topic", "main~1");
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
        Assert.Equal((2, MergeState.UpToDate), ((await RecordAsync(story, pull)).Version, (await RecordAsync(story, pull)).State));
        await git.GitAsync("update-ref", "-d", "refs/heads/topic");
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
        Assert.Equal((MergeState.BranchGone, (string?)null), ((await RecordAsync(story, pull)).State, (await RecordAsync(story, pull)).SourceHead));
    }

    [Fact]
    public async Task Branches_without_a_common_commit_are_unrelated()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var (pull, git) = await DriftedAsync(story);
        await git.GitAsync("update-ref", "refs/heads/topic", await git.GitAsync("commit-tree", "-m", "alone", "main^{tree}"));
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
        Assert.Equal(MergeState.Unrelated, (await RecordAsync(story, pull)).State);
    }

    [Fact]
    public async Task A_trial_merge_leaves_nothing_in_the_repository()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var (pull, git) = await DriftedAsync(story);
        var before = await git.GitAsync("count-objects", "-v");
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
        Assert.Equal(before, await git.GitAsync("count-objects", "-v"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(4_711)]
    public async Task A_pull_request_that_is_not_there_is_a_permanent_error(long id)
    {
        await using var story = await HubStory.StartAsync(postgres);
        var fault = await Assert.ThrowsAsync<PermanentJobException>(() => story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(id)));
        Assert.Equal($"There is no pull request with the id {id}.", fault.Message);
    }

    [Fact]
    public async Task A_repository_that_is_gone_is_a_permanent_error_with_a_reason()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var (pull, git) = await DriftedAsync(story);
        Directory.Delete(git.Path, recursive: true);
        var fault = await Assert.ThrowsAsync<PermanentJobException>(() => story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull)));
        Assert.StartsWith("Repository 'acme/repo' is gone: There is no directory", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_that_cannot_be_read_now_are_tried_again()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var (pull, git) = await DriftedAsync(story);
        var tree = await git.GitAsync("rev-parse", "main^{tree}");
        var loose = Path.Combine(git.Path, ".git/objects", tree[..2], tree[2..]);
        File.Move(loose, loose + ".away");
        await Assert.ThrowsAsync<GitFailedException>(() => story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull)));
        File.Move(loose + ".away", loose);
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull), number: 2);
        Assert.Equal(MergeState.Conflicting, (await RecordAsync(story, pull)).State);
    }

    [Fact]
    public async Task A_run_that_was_overtaken_does_not_overwrite_what_came_after_it()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var (pull, _) = await DriftedAsync(story);
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
        await story.WithAsync(async (HubContext late) =>
        {
            var old = await late.Mergeability.SingleAsync();
            await story.WithAsync(async (HubContext hub) =>
            {
                (await hub.Mergeability.SingleAsync()).Take(Verdict(MergeState.Clean), story.Clock.GetUtcNow());
                await hub.SaveChangesAsync();
            });
            old.Take(Verdict(MergeState.Unrelated), story.Clock.GetUtcNow());
            await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => late.SaveChangesAsync());
        });
        Assert.Equal(MergeState.Clean, (await RecordAsync(story, pull)).State);
    }

    internal static async Task<MergeabilityRecord> RecordAsync(HubStory story, long pull) =>
        await story.HubAsync(hub => hub.Mergeability.SingleAsync(record => record.PullRequestId == pull));

    internal static async Task<long> OpenAsync(HubStory story, HubRepository repository, string source, string target, int number = 1)
    {
        var pull = new PullRequest { RepositoryId = repository.Id, Number = number, Source = source, Target = target, Author = "ann" };
        await story.AddAsync(pull);
        return pull.Id;
    }

    private static MergeVerdict Verdict(MergeState state) => new(state, SourceHead: "a", TargetHead: "b", MergeBase: null, Ahead: 0, Behind: 0, Conflicts: []);

    /// <summary>One commit on topic and two on main, which change the same line of a file.</summary>
    private static async Task<(long Pull, GitFolder Git)> DriftedAsync(HubStory story)
    {
        var git = await GitFolder.InitAsync(Path.Combine(story.Folder, "repo"), "--initial-branch=main");
        await CommitAsync(git, "naïve file.txt", "one\ntwo\n");
        await git.GitAsync("branch", "topic");
        await CommitAsync(git, "naïve file.txt", "one\nmain\n");
        await CommitAsync(git, "other", "x\n");
        await git.GitAsync("checkout", "--quiet", "topic");
        await CommitAsync(git, "naïve file.txt", "one\ntopic\n");
        return (await OpenAsync(story, await story.RegisterAsync(Path.Combine(git.Path, ".git")), "topic", "main"), git);
    }

    private static async Task CommitAsync(GitFolder git, string file, string text)
    {
        await git.WriteAsync(file, text);
        await git.GitAsync("add", "--all");
        await git.GitAsync("commit", "--quiet", "-m", file);
    }
}

public sealed class SqliteMergeability() : MergeabilityContract(postgres: false)
{
    [Fact]
    public async Task Two_hundred_pairs_of_branches_are_judged_as_git_merge_judges_them()
    {
        await using var story = await HubStory.StartAsync(postgres: false);
        var (git, pairs) = await BranchPairs.MakeAsync(Path.Combine(story.Folder, "repo"), count: 200);
        var repository = await story.RegisterAsync(Path.Combine(git.Path, ".git"));
        var states = new Dictionary<MergeState, int>();
        foreach (var ((source, target), number) in pairs.Select((pair, i) => (pair, i + 1)))
        {
            var pull = await OpenAsync(story, repository, source, target, number);
            await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));
            var found = await RecordAsync(story, pull);
            var (merges, conflicts) = await MergeAsync(git, source, target);
            Assert.Equal((merges, string.Join(' ', conflicts)), (found.State is MergeState.Clean or MergeState.UpToDate, string.Join(' ', found.Conflicts)));
            Assert.Equal(await git.GitAsync("rev-list", "--count", $"{target}..{source}"), $"{found.Ahead}");
            states[found.State] = states.GetValueOrDefault(found.State) + 1;
        }

        // A generator that made only one sort of pairs would prove little.
        Assert.True(states.GetValueOrDefault(MergeState.Clean) >= 30 && states.GetValueOrDefault(MergeState.Conflicting) >= 30, string.Join(", ", states));
    }

    /// <summary>What the program says that people merge with.</summary>
    private static async Task<(bool Merges, IEnumerable<string> Conflicts)> MergeAsync(GitFolder git, string source, string target)
    {
        await git.GitAsync("checkout", "--quiet", "--force", "--detach", target);
        var code = await git.CodeAsync("merge", "--quiet", "--no-commit", "--no-ff", source);
        var unmerged = code == 0 ? "" : await git.GitAsync("diff", "--name-only", "--diff-filter=U");
        await git.GitAsync("reset", "--quiet", "--hard", target);
        await git.GitAsync("clean", "--quiet", "-fd");
        return (code == 0, unmerged.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Order(StringComparer.Ordinal));
    }
}

public sealed class PostgresMergeability() : MergeabilityContract(postgres: true);
