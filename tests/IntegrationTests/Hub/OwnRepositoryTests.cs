using System.Globalization;
using BusJobs.IntegrationTests.Forge;
using BusJobs.IntegrationTests.Topology;
using Forge.Backfill;
using Forge.Mergeability;
using Forge.Search;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>The forge on the history of this very project, which no generator made: its answers are git's.</summary>
public sealed class OwnRepositoryTests
{
    [Fact]
    public async Task Search_finds_what_git_grep_finds()
    {
        await using var story = await ForgeStory.StartAsync(with: options => options with { FilesPerBatch = 100 });
        var git = await CloneAsync(story.Folder);
        var plan = await story.IndexAsync(git.Path);
        Assert.True(plan.Files > 500, $"{plan.Files} files");
        foreach (var text in (string[])["IJobHandler<", "naïve", "for update skip locked", "CATCH-UP", "no such words as these " + "here"])
        {
            var expected = (await git.GrepAsync(text)).OrderBy(hit => hit.Path, StringComparer.Ordinal).ThenBy(hit => hit.Line).Take(SearchQuery.MaxLimit);
            Assert.Equal(expected, await story.FindAsync(text, plan.Repository));
        }
    }

    [Theory]
    [InlineData("README.md", "CHANGELOG.md", MergeState.Clean)]
    [InlineData("README.md", "README.md", MergeState.Conflicting)]
    public async Task A_pair_of_branches_is_judged_as_git_merge_judges_it(string here, string there, MergeState expected)
    {
        await using var story = await HubStory.StartAsync(postgres: false);
        var git = await CloneAsync(story.Folder);
        await git.GitAsync("branch", "topic");
        await ChangeAsync(git, here, "here");
        await git.GitAsync("checkout", "--quiet", "topic");
        await ChangeAsync(git, there, "there");
        var pull = await MergeabilityContract.OpenAsync(story, await story.RegisterAsync(Path.Combine(git.Path, ".git")), "topic", "main");
        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(pull));

        var found = await MergeabilityContract.RecordAsync(story, pull);
        Assert.Equal((expected, 1, 1), (found.State, found.Ahead, found.Behind));
        Assert.Equal(expected == MergeState.Clean, await git.CodeAsync("merge", "--quiet", "--no-edit", "main") == 0);
        Assert.Equal(await git.GitAsync("diff", "--name-only", "--diff-filter=U"), string.Join('\n', found.Conflicts));
    }

    [Fact]
    public async Task Each_day_is_what_git_log_sums_up()
    {
        await using var story = await HubStory.StartAsync(postgres: false);
        var git = await CloneAsync(story.Folder);
        var expected = await GeneratedHistory.SumsAsync(git);
        var repository = await story.RegisterAsync(Path.Combine(git.Path, ".git"));
        var days = expected.Keys.Select(day => DateTimeOffset.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)).ToList();
        for (var start = days.Min(); start <= days.Max(); start += TimeSpan.FromDays(7))
        {
            await story.RunAsync<BackfillWindow, BackfillWindowHandler>(new(repository.Id, start, start.AddDays(7), "test"));
        }

        var found = await story.HubAsync(hub => hub.Activity.Where(day => day.Commits > 0).ToListAsync());
        Assert.Equal(
            expected.OrderBy(day => day.Key, StringComparer.Ordinal).Select(day => (day.Key, day.Value)),
            found.OrderBy(day => day.Start).Select(day => (
                day.Start.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), (day.Commits, day.Authors, day.Added, day.Removed, day.Files))));
    }

    /// <summary>What is checked out, on the branch main of a repository of the test's own.</summary>
    private static async Task<GitFolder> CloneAsync(string folder)
    {
        var git = await GitFolder.InitAsync(Path.Combine(folder, "own"), "--initial-branch=main");
        var checkout = Path.GetDirectoryName(DeployFiles.Path("")[..^1])!;
        await git.GitAsync("fetch", "--quiet", "--update-shallow", checkout, "HEAD:refs/heads/fetched");
        await git.GitAsync("reset", "--quiet", "--hard", "fetched");
        return git;
    }

    private static async Task ChangeAsync(GitFolder git, string file, string text)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(git.Path, file));
        lines[0] += " " + text;
        await git.WriteAsync(file, string.Join('\n', lines) + "\n");
        await git.GitAsync("commit", "--quiet", "--all", "-m", text);
    }
}
