using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using BusJobs.Api;
using BusJobs.Api.Enqueue;
using BusJobs.UnitTests.Coordinator;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.UnitTests.Api;

public sealed class GroupCommitTests : IAsyncDisposable
{
    private readonly ConcurrentQueue<IReadOnlyList<NewJob>> commits = new();
    private readonly SemaphoreSlim gate = new(0);
    private readonly SemaphoreSlim entered = new(0);
    private readonly List<GroupCommit> started = [];
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private Room room = null!;
    private TaskCompletionSource rival = new();
    private bool isOpen;

    [Fact]
    public async Task A_lone_request_is_committed_at_once()
    {
        var commit = Start(open: true);
        Assert.IsType<EnqueueResult.Enqueued>(Assert.Single(await commit.EnqueueAsync(Jobs(1), CancellationToken.None)));
        Assert.Single(Assert.Single(commits));
        Assert.Equal(0, room.Jobs);
    }

    [Fact]
    public async Task What_comes_while_a_commit_is_under_way_goes_into_the_next_one()
    {
        var commit = Start();
        var first = commit.EnqueueAsync(Jobs(1), CancellationToken.None);
        await entered.WaitAsync();
        var others = Enumerable.Range(0, 10).Select(_ => commit.EnqueueAsync(Jobs(2), CancellationToken.None)).ToList();
        Open();
        await Task.WhenAll([first, .. others]);
        Assert.Equal([1, 20], commits.Select(group => group.Count));
    }

    [Fact]
    public async Task A_request_with_a_unique_key_waits_for_its_rival_alone()
    {
        var commit = Start(open: true);
        rival = new TaskCompletionSource();
        var held = commit.EnqueueAsync([Job("test.held") with { Unique = Unique.WhileActive("k") }], CancellationToken.None);
        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 50).Select(i => commit.EnqueueAsync(
                [i % 2 == 0 ? Job("test.job") : Job("test.job") with { Unique = Unique.WhileActive($"k{i}") }], CancellationToken.None))),
            results => Assert.IsType<EnqueueResult.Enqueued>(Assert.Single(results)));
        Assert.False(held.IsCompleted);
        rival.SetResult();
        Assert.IsType<EnqueueResult.Enqueued>(Assert.Single(await held));
    }

    [Fact]
    public async Task A_request_that_the_ledger_refuses_fails_alone()
    {
        var commit = Start();
        var first = commit.EnqueueAsync(Jobs(1), CancellationToken.None);
        await entered.WaitAsync();
        var requests = Enumerable.Range(0, 9).Select(i => commit.EnqueueAsync([Job(i == 4 ? "test.refused" : "test.job")], CancellationToken.None)).ToList();
        Open();
        await first;
        await Assert.ThrowsAsync<ScriptedDbException>(() => requests[4]);
        requests.RemoveAt(4);
        Assert.All(await Task.WhenAll(requests), results => Assert.IsType<EnqueueResult.Enqueued>(Assert.Single(results)));
    }

    [Fact]
    public async Task A_database_that_is_away_is_asked_once_for_the_whole_group()
    {
        var commit = Start();
        var first = commit.EnqueueAsync(Jobs(1), CancellationToken.None);
        await entered.WaitAsync();
        var requests = Enumerable.Range(0, 9).Select(_ => commit.EnqueueAsync([Job("test.away")], CancellationToken.None)).ToList();
        Open();
        await first;
        foreach (var request in requests)
        {
            await Assert.ThrowsAsync<ScriptedDbException>(() => request);
        }

        Assert.Equal(2, commits.Count);
    }

    [Fact]
    public async Task Without_room_the_answer_is_given_at_once()
    {
        var commit = Start(options => options.MaxWaitingJobs = 5);
        var waiting = Enumerable.Range(0, 5).Select(_ => commit.EnqueueAsync(Jobs(1), CancellationToken.None)).ToList();
        var late = commit.EnqueueAsync(Jobs(3), CancellationToken.None);
        Assert.True(late.IsCompletedSuccessfully);
        Assert.Equal(3, (await late).OfType<EnqueueResult.Shed>().Count());
        Assert.Equal(5, room.Jobs);
        Open();
        await Task.WhenAll(waiting);
        Assert.Equal((0, 5), (room.Jobs, commits.Sum(group => group.Count)));
    }

    [Fact]
    public async Task A_caller_who_goes_before_the_commit_leaves_nothing_and_one_who_goes_after_does_not_stop_it()
    {
        var commit = Start();
        using var gone = new CancellationTokenSource();
        var begun = commit.EnqueueAsync(Jobs(1), gone.Token);
        await entered.WaitAsync();
        var waiting = commit.EnqueueAsync(Jobs(1), gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Open();
        Assert.IsType<EnqueueResult.Enqueued>(Assert.Single(await begun));
        await commit.StopAsync(CancellationToken.None);
        Assert.Equal((0, 1), (room.Jobs, commits.Sum(group => group.Count)));
    }

    [Fact]
    public async Task A_stop_commits_what_was_taken_in_and_takes_in_no_more()
    {
        var commit = Start();
        var waiting = Enumerable.Range(0, 20).Select(_ => commit.EnqueueAsync(Jobs(1), CancellationToken.None)).ToList();
        var stopping = commit.StopAsync(CancellationToken.None);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => commit.EnqueueAsync(Jobs(1), CancellationToken.None));
        Open();
        await stopping;
        Assert.Equal(20, commits.Sum(group => group.Count));
        Assert.All(await Task.WhenAll(waiting), results => Assert.IsType<EnqueueResult.Enqueued>(Assert.Single(results)));
    }

    [Fact]
    public void Whatever_comes_each_job_is_committed_once_and_answered_in_order() => Prop.ForAll(
        Gen.ArrayOf(Gen.Choose(1, 12), 30).ToArbitrary(),
        sizes =>
        {
            commits.Clear();
            var commit = Start(options => (options.MaxGroup, options.CommitLoops) = (10, 2), open: true);
            var requests = sizes.Select(size => Jobs(size)).ToList();
            var answers = Task.WhenAll(requests.Select(jobs => Task.Run(() => commit.EnqueueAsync(jobs, CancellationToken.None)))).GetAwaiter().GetResult();
            Assert.All(requests.Zip(answers), pair => Assert.Equal(pair.First.Select(job => (Guid?)job.Id), pair.Second.Select(result => result.Id)));
            Assert.Equal(sizes.Sum(), commits.SelectMany(group => group).Select(job => job.Id).Distinct().Count());
            Assert.Equal(sizes.Sum(), commits.Sum(group => group.Count));
            Assert.All(commits, group => Assert.True(group.Count <= 10 || requests.Exists(jobs => jobs.SequenceEqual(group))));
            Assert.Equal(0, room.Jobs);
        }).QuickCheckThrowOnFailure();

    public async ValueTask DisposeAsync()
    {
        Open();
        foreach (var commit in started)
        {
            await commit.StopAsync(CancellationToken.None);
        }

        await services.DisposeAsync();
        gate.Dispose();
        entered.Dispose();
    }

    private static NewJob Job(string kind) => NewJob.From(kind, "default", "{}", options: null, TimeProvider.System);

    private static List<NewJob> Jobs(int count) => [.. Enumerable.Range(0, count).Select(_ => Job("test.job"))];

    private GroupCommit Start(Action<ApiOptions>? configure = null, bool open = false)
    {
        var options = new ApiOptions { CommitLoops = 1 };
        configure?.Invoke(options);
        isOpen = open;
        room = new Room(Options.Create(options), services.GetRequiredService<IMeterFactory>());
        var commit = new GroupCommit(CommitAsync, room, Options.Create(options), NullLogger<GroupCommit>.Instance);
        commit.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        started.Add(commit);
        return commit;
    }

    private void Open()
    {
        isOpen = true;
        gate.Release();
    }

    /// <summary>Waits for the gate until it is open, and then goes by what the kinds say.</summary>
    private async Task<IReadOnlyList<EnqueueResult>> CommitAsync(IReadOnlyList<NewJob> jobs)
    {
        commits.Enqueue(jobs);
        entered.Release();
        if (!isOpen)
        {
            await gate.WaitAsync();
        }

        if (jobs.Any(job => job.Kind == "test.held"))
        {
            await rival.Task;
        }

        if (jobs.Any(job => job.Kind == "test.away"))
        {
            throw new ScriptedDbException("57P03", transient: true);
        }

        return jobs.Any(job => job.Kind == "test.refused")
            ? throw new ScriptedDbException("22P05")
            : [.. jobs.Select(job => new EnqueueResult.Enqueued(job.Id))];
    }
}
