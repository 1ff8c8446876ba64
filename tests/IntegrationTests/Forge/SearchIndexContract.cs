using Forge;
using Forge.Indexing;
using Forge.Search;

namespace BusJobs.IntegrationTests.Forge;

/// <summary>What every index must do, whichever database it is in.</summary>
public abstract class SearchIndexContract(Func<ForgeOptions, ISearchIndex> open)
{
    private static readonly string MissingBlob = new('7', 40);

    [Fact]
    public async Task Answers_equal_those_of_git_grep()
    {
        await using var story = await ForgeStory.StartAsync(open);
        var repository = await story.InitAsync();
        await GeneratedFiles.WriteAsync(repository, count: 60);
        await repository.CommitAsync();
        var plan = await story.IndexAsync(repository.Path);
        Assert.Equal((60, 60, 15), (plan.Files, plan.Changed, plan.Batches));
        foreach (var text in GeneratedFiles.Questions)
        {
            var expected = (await repository.GrepAsync(text)).OrderBy(hit => hit.Path, StringComparer.Ordinal).ThenBy(hit => hit.Line);
            Assert.Equal(expected.Take(SearchQuery.MaxLimit), await story.FindAsync(text, plan.Repository));
        }
    }

    [Fact]
    public async Task A_second_run_reindexes_only_what_changed()
    {
        await using var story = await ForgeStory.StartAsync(open);
        var repository = await story.InitAsync();
        await GeneratedFiles.WriteAsync(repository, count: 10);
        await repository.WriteAsync("changed", "before the change\n");
        await repository.WriteAsync("deleted", "before the change\n");
        await repository.CommitAsync();
        await story.IndexAsync(repository.Path);
        var again = await story.IndexAsync(repository.Path);
        Assert.Equal((12, 0, 0, 0), (again.Files, again.Changed, again.Deleted, again.Batches));

        await repository.WriteAsync("changed", "after\nthe change\n");
        repository.Delete("deleted");
        await repository.WriteAsync("new", "after the change\n");
        await repository.CommitAsync();
        var next = await story.IndexAsync(repository.Path);
        Assert.Equal((12, 2, 1, 2), (next.Files, next.Changed, next.Deleted, next.Batches));
        Assert.Equal([("changed", 2), ("new", 1)], await story.FindAsync("the change", next.Repository));
        Assert.Empty(await story.FindAsync("before the", next.Repository));
    }

    [Fact]
    public async Task What_is_no_text_is_counted_by_reason_and_not_read_again()
    {
        await using var story = await ForgeStory.StartAsync(open, options => options with { MaxFileBytes = 100 });
        var repository = await story.InitAsync();
        await repository.WriteAsync("text", "hello\nworld\n");
        await repository.WriteAsync("binary", "bin\0ary");
        await repository.WriteAsync("huge", new string('h', 101));
        await repository.WriteAsync("latin1", [(byte)'c', (byte)'a', (byte)'f', 0xe9]);
        File.CreateSymbolicLink(Path.Combine(repository.Path, "link"), "text");
        await repository.CommitAsync(GitFolder.Entry("160000", MissingBlob, "submodule"), GitFolder.Entry("100644", MissingBlob, "missing"));

        var plan = await story.IndexAsync(repository.Path);
        Assert.Equal([(SkipReason.Huge, 1), (SkipReason.Symlink, 1), (SkipReason.Submodule, 1)], plan.Skipped.Select(pair => (pair.Key, pair.Value)).Order());
        var stats = await story.Index.StatsAsync(CancellationToken.None);
        Assert.Equal((1, 2), (stats.Files, stats.Lines));
        Assert.Equal(
            [SkipReason.Binary, SkipReason.Huge, SkipReason.NotUtf8, SkipReason.Unreadable, SkipReason.Symlink, SkipReason.Submodule],
            stats.Skipped.Keys.Order());
        Assert.All(stats.Skipped.Values, count => Assert.Equal(1, count));

        // Only what git could not read is worth another try.
        Assert.Equal(1, (await story.IndexAsync(repository.Path)).Changed);
    }

    [Fact]
    public async Task A_batch_that_runs_twice_or_after_a_newer_one_changes_nothing()
    {
        await using var story = await ForgeStory.StartAsync(open);
        var repository = await story.InitAsync();
        await repository.WriteAsync("a", "first version\n");
        await repository.WriteAsync("b", "first version\n");
        await repository.CommitAsync();
        var plan = await story.Planner.PlanAsync(repository.Path, CancellationToken.None);
        var older = Assert.Single(story.Jobs.TakeAll());

        await repository.WriteAsync("a", "second version\n");
        repository.Delete("b");
        await repository.CommitAsync();
        await story.Planner.PlanAsync(repository.Path, CancellationToken.None);
        var newer = Assert.Single(story.Jobs.TakeAll());
        foreach (var job in (NewJob[])[newer, older, newer, older])
        {
            await story.RunAsync(job);
        }

        Assert.Equal([("a", 1)], await story.FindAsync("version", plan.Repository));
        Assert.Equal([("a", 1)], await story.FindAsync("second", plan.Repository));
        Assert.Equal(0, (await story.IndexAsync(repository.Path)).Changed);
    }

    [Fact]
    public async Task Hostile_questions_get_an_answer()
    {
        await using var story = await ForgeStory.StartAsync(open);
        var repository = await story.InitAsync();
        await repository.WriteAsync("a", "100%_sure 'it''s' \"quoted\" \\d+ $(rm) -- OR NEAR(a b) Größe İ 😀😀😀 " + new string('%', 50) + "\n");
        await repository.CommitAsync();
        var plan = await story.IndexAsync(repository.Path);
        foreach (var found in (string[])["%_s", "'it''s'", "\"QUOTED\"", "\\d+", "$(RM)", "-- or near(A", "grÖße", "😀😀😀", "%%%"])
        {
            Assert.Equal([("a", 1)], await story.FindAsync(found, plan.Repository));
        }

        foreach (var missing in (string[])["___", "%x%", "\" OR \"", "'; drop table file; --", "*:* ^^^", new string('"', 999), string.Concat(Enumerable.Repeat("%_", 500)), "a\tb"])
        {
            Assert.Empty(await story.FindAsync(missing, plan.Repository));
        }
    }

    [Fact]
    public async Task Answers_are_ordered_bounded_and_of_the_asked_repository()
    {
        await using var story = await ForgeStory.StartAsync(open);
        var (one, two) = (await story.InitAsync("one/same"), await story.InitAsync("two/same"));
        foreach (var repository in (GitFolder[])[one, two])
        {
            await repository.WriteAsync("b", "needle\nneedle\n");
            await repository.WriteAsync("a/z", "needle needle\n\nneedle");
            await repository.CommitAsync();
        }

        var (first, second) = (await story.IndexAsync(one.Path), await story.IndexAsync(two.Path));
        Assert.NotEqual(first.Repository, second.Repository);
        Assert.Equal([("a/z", 1), ("a/z", 3), ("b", 1), ("b", 2)], await story.FindAsync("Needle", first.Repository));
        var all = await story.Search.SearchAsync("needle", repository: null, limit: 5, CancellationToken.None);
        Assert.Equal((5, true), (all.Hits.Count, all.Truncated));
        Assert.False((await story.Search.SearchAsync("needle", second.Repository, limit: 4, CancellationToken.None)).Truncated);
        Assert.Empty(await story.FindAsync("needle", "nobody's"));
        Assert.Equal(first.Repository, (await story.IndexAsync(one.Path)).Repository);
    }

    [Fact]
    public async Task Migrating_again_and_at_once_is_harmless()
    {
        await using var story = await ForgeStory.StartAsync(open);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => story.Index.MigrateAsync(CancellationToken.None)));
    }
}
