using System.Globalization;
using BusJobs.IntegrationTests.Forge;
using Forge.Backfill;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>What the worker makes of a window.</summary>
public abstract class BackfillWindowContract(bool postgres)
{
    private static readonly DateTimeOffset Monday = new(2025, 3, 3, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_repository_that_is_gone_is_a_permanent_error_with_a_reason()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var repository = await story.RegisterAsync(Path.Combine(story.Folder, "nowhere"));
        var fault = await Assert.ThrowsAsync<PermanentJobException>(() => story.RunAsync<BackfillWindow, BackfillWindowHandler>(new(repository.Id, Monday, Monday.AddDays(7), "test")));
        Assert.StartsWith("Repository 'acme/repo' is gone: There is no directory", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0, 8)]
    [InlineData(1, 0, 0)]
    [InlineData(4_711, 0, 1)]
    public async Task A_window_that_cannot_be_filled_in_is_a_permanent_error(long repository, int from, int to)
    {
        await using var story = await HubStory.StartAsync(postgres);
        await story.RegisterAsync(Path.Combine(story.Folder, "nowhere"));
        await Assert.ThrowsAsync<PermanentJobException>(() =>
            story.RunAsync<BackfillWindow, BackfillWindowHandler>(new(repository, Monday.AddDays(from), Monday.AddDays(to), "test")));
    }

    [Fact]
    public async Task Every_day_equals_what_git_log_sums_up_and_none_is_missing()
    {
        await using var story = await HubStory.StartAsync(postgres);
        var git = await GitFolder.InitAsync(Path.Combine(story.Folder, "repo"), "--initial-branch=main");
        await git.ImportAsync(GeneratedHistory.Stream(commits: 400, files: 60, Monday));
        var repository = await story.RegisterAsync(Path.Combine(git.Path, ".git"));
        for (var week = Monday; week < Monday.AddDays(70); week += TimeSpan.FromDays(7))
        {
            var job = new BackfillWindow(repository.Id, week, week.AddDays(7), "test");
            await story.RunAsync<BackfillWindow, BackfillWindowHandler>(job);
            await story.RunAsync<BackfillWindow, BackfillWindowHandler>(job);
        }

        var days = await story.HubAsync(hub => hub.Activity.OrderBy(day => day.Start).ToListAsync());
        Assert.Equal(70, days.Count);
        var expected = await GeneratedHistory.SumsAsync(git);
        Assert.Equal(
            Enumerable.Range(0, 70).Select(i => expected.GetValueOrDefault(Monday.AddDays(i).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))),
            days.Select(day => (day.Commits, day.Authors, day.Added, day.Removed, day.Files)));
        Assert.Equal(400, days.Sum(day => day.Commits));
    }
}

public sealed class SqliteBackfillWindows() : BackfillWindowContract(postgres: false);

public sealed class PostgresBackfillWindows() : BackfillWindowContract(postgres: true);
