using Forge.Git;
using Forge.Indexing;

namespace BusJobs.IntegrationTests.Forge;

public sealed class RepositoryTests
{
    [Fact]
    public async Task A_repository_that_is_gone_fails_its_jobs_permanently()
    {
        await using var story = await ForgeStory.StartAsync();
        var repository = await story.InitAsync();
        var job = await PlanOneAsync(story, repository);
        Directory.Delete(repository.Path, recursive: true);
        Assert.Contains("is gone: There is no directory", (await Assert.ThrowsAsync<PermanentJobException>(() => story.RunAsync(job))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_no_repository_any_more_fails_its_jobs_permanently_even_inside_another_repository()
    {
        await using var story = await ForgeStory.StartAsync();
        var outer = await story.InitAsync("outer");
        var repository = await story.InitAsync("outer/inner");
        var job = await PlanOneAsync(story, repository);
        Directory.Delete(Path.Combine(repository.Path, ".git"), recursive: true);
        Directory.CreateDirectory(Path.Combine(repository.Path, ".git"));
        var exception = await Assert.ThrowsAsync<PermanentJobException>(() => story.RunAsync(job));
        Assert.Contains("is no git repository any more", exception.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(outer.Path));
    }

    [Fact]
    public async Task A_path_without_a_repository_is_refused_in_one_sentence()
    {
        await using var story = await ForgeStory.StartAsync();
        await Assert.ThrowsAsync<RepositoryNotFoundException>(() => story.Planner.PlanAsync(story.Folder, CancellationToken.None));
        var nowhere = Path.Combine(story.Folder, "--nowhere");
        Assert.DoesNotContain('\n', (await Assert.ThrowsAsync<RepositoryNotFoundException>(() => story.Planner.PlanAsync(nowhere, CancellationToken.None))).Message);
    }

    [Fact]
    public async Task A_repository_without_commits_has_nothing_to_index()
    {
        await using var story = await ForgeStory.StartAsync();
        var plan = await story.IndexAsync((await story.InitAsync()).Path);
        Assert.Equal((null, 0, 0), (plan.Commit, plan.Files, plan.Batches));
    }

    [Fact]
    public async Task A_bare_repository_and_a_folder_of_a_work_tree_are_found()
    {
        await using var story = await ForgeStory.StartAsync();
        var repository = await story.InitAsync("--upload-pack=x $(echo) 'q'");
        await repository.WriteAsync("sub/a", "find me\n");
        await repository.CommitAsync();
        await repository.GitAsync("clone", "--quiet", "--bare", ".", Path.Combine(story.Folder, "copy.git"));
        Assert.Equal("--upload-pack=x $(echo) 'q'", (await story.IndexAsync(Path.Combine(repository.Path, "sub"))).Repository);
        Assert.Equal("copy", (await story.IndexAsync(Path.Combine(story.Folder, "copy.git"))).Repository);
        Assert.Equal([("sub/a", 1)], await story.FindAsync("find me", "copy"));
    }

    [Fact]
    public async Task Names_with_line_breaks_quotes_dashes_and_foreign_bytes_are_indexed()
    {
        await using var story = await ForgeStory.StartAsync();
        var repository = await story.InitAsync();
        foreach (var name in (string[])["--help", "line\nbreak", "tab\t\"quote\"'", "ünï", "$(touch x)", new string('d', 200)])
        {
            await repository.WriteAsync(name, "find me\n");
        }

        await repository.GitAsync("add", "--all");
        var blob = await repository.GitAsync("rev-parse", ":ünï");
        await repository.CommitAsync(GitFolder.Entry("100644", blob, "caf\u00e9"));
        await story.IndexAsync(repository.Path);
        Assert.Equal(
            ["\"caf\\351\"", "$(touch x)", "--help", new string('d', 200), "line\nbreak", "tab\t\"quote\"'", "ünï"],
            (await story.FindAsync("find me")).Select(hit => hit.Path).Order(StringComparer.Ordinal));
        Assert.Equal(0, (await story.IndexAsync(repository.Path)).Changed);
    }

    [Fact]
    public async Task A_damaged_blob_spoils_no_other_file()
    {
        await using var story = await ForgeStory.StartAsync();
        var repository = await story.InitAsync();
        foreach (var name in (string[])["a", "b", "c"])
        {
            await repository.WriteAsync(name, $"find me in {name}\n");
        }

        await repository.CommitAsync();
        await story.Planner.PlanAsync(repository.Path, CancellationToken.None);
        var blob = await repository.GitAsync("rev-parse", "HEAD:b");
        var loose = Path.Combine(repository.Path, ".git/objects", blob[..2], blob[2..]);
        File.Delete(loose);
        await File.WriteAllTextAsync(loose, "garbage");
        await story.RunAsync(Assert.Single(story.Jobs.TakeAll()));
        Assert.Equal([("a", 1), ("c", 1)], await story.FindAsync("find me"));
        Assert.Equal(1, (await story.Index.StatsAsync(CancellationToken.None)).Skipped[SkipReason.Unreadable]);
    }

    [Fact]
    public async Task Injected_faults_fail_first_attempts_only()
    {
        await using var story = await ForgeStory.StartAsync(with: options => options with { FaultRate = 1 });
        var job = await PlanOneAsync(story, await story.InitAsync());
        await Assert.ThrowsAsync<InjectedFaultException>(() => story.RunAsync(job));
        Assert.Equal(100, (await story.RunAsync(job, attempt: 2)).Progress?.Percent);
        Assert.Single(await story.FindAsync("find me"));
    }

    [Fact]
    public async Task A_git_that_hangs_is_killed_when_its_time_is_up_and_when_the_job_is_cancelled()
    {
        await using var story = await ForgeStory.StartAsync(with: options => options with { GitProgram = SlowGit(options.DataFolder!), GitTimeout = TimeSpan.FromMilliseconds(300) });
        var late = await Assert.ThrowsAsync<GitFailedException>(() => story.Planner.PlanAsync(story.Folder, CancellationToken.None));
        Assert.Contains("took longer than", late.Message, StringComparison.Ordinal);
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => story.Planner.PlanAsync(story.Folder, cancelled.Token));
    }

    [Fact]
    public async Task A_git_that_is_not_there_is_named()
    {
        await using var story = await ForgeStory.StartAsync(with: options => options with { GitProgram = "no-such-git" });
        var exception = await Assert.ThrowsAsync<GitFailedException>(() => story.Planner.PlanAsync(story.Folder, CancellationToken.None));
        Assert.Contains("'no-such-git' cannot be started", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<NewJob> PlanOneAsync(ForgeStory story, GitFolder repository)
    {
        await repository.WriteAsync("a", "find me\n");
        await repository.CommitAsync();
        await story.Planner.PlanAsync(repository.Path, CancellationToken.None);
        return Assert.Single(story.Jobs.TakeAll());
    }

    private static string SlowGit(string folder)
    {
        var script = Path.Combine(Directory.CreateDirectory(folder).FullName, "slow-git");
        File.WriteAllText(script, "#!/bin/sh\nexec tail -f /dev/null\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }

        return script;
    }
}
