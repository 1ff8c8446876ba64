namespace BusJobs.UnitTests.Worker;

/// <summary>What a worker holds, and what makes it let go.</summary>
public sealed class HoldTests
{
    [Fact]
    public async Task A_redelivered_dispatch_is_handed_back_not_run()
    {
        var runs = 0;
        await using var story = new WorkerStory((_, _, _) => { runs++; return Task.CompletedTask; });
        var dispatch = story.Dispatch(WorkerStory.Job());
        await story.DeliverAsync(dispatch, redelivered: true);
        Assert.Equal([dispatch.Id], story.HandedBack);
        Assert.Equal((0, dispatch.Sequence), (runs, story.Queue.Seen));
    }

    [Fact]
    public async Task A_dispatch_that_comes_back_to_its_holder_changes_nothing()
    {
        var (started, release) = (new SemaphoreSlim(0), new TaskCompletionSource());
        await using var story = new WorkerStory((_, _, _) => { started.Release(); return release.Task; });
        var dispatch = story.Dispatch(WorkerStory.Job());
        var delivery = story.DeliverAsync(dispatch);
        await started.WaitAsync();
        await story.DeliverAsync(dispatch, redelivered: true);
        Assert.Empty(story.HandedBack);
        release.SetResult();
        await delivery;
        Assert.Equal(0, started.CurrentCount);
        Assert.False(story.Parts.Held.Holds(dispatch.Id));
    }

    [Fact]
    public async Task A_probe_only_shows_that_the_queue_is_read()
    {
        await using var story = new WorkerStory();
        await story.DeliverAsync(story.Dispatch() with { Sequence = 77 });
        Assert.Equal(77, story.Queue.Seen);
        Assert.True(story.NothingSettled);
    }

    [Fact]
    public async Task The_message_is_kept_until_the_settlement_is_confirmed()
    {
        await using var story = new WorkerStory { BrokerFault = new IOException("away") };
        var delivery = story.DeliverAsync(story.Dispatch(WorkerStory.Job()));
        // The first try has failed once the pause before the second is under way.
        Assert.True(SpinWait.SpinUntil(() => story.Clock.Alarms > 1, TimeSpan.FromSeconds(20)));
        Assert.False(delivery.IsCompleted);
        story.BrokerFault = null;
        story.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True((await story.NextAsync()).Last);
        await delivery;
    }

    [Fact]
    public async Task A_long_job_lets_the_broker_forget_its_message_and_gives_back_what_waits()
    {
        var (started, release) = (new SemaphoreSlim(0), new TaskCompletionSource());
        await using var story = new WorkerStory(async (_, _, _) => { started.Release(); await release.Task; }, slots: 1, policy: new JobPolicy { Timeout = TimeSpan.FromHours(1) });
        var dispatch = story.Dispatch(WorkerStory.Job(), WorkerStory.Job());
        var delivery = story.DeliverAsync(dispatch);
        await started.WaitAsync();
        story.Clock.Advance(TimeSpan.FromMinutes(5));
        await delivery;
        Assert.True(story.Parts.Held.Holds(dispatch.Id));
        Assert.True(SpinWait.SpinUntil(() => { story.Clock.Advance(TimeSpan.FromMilliseconds(10)); return !story.NothingSettled; }, TimeSpan.FromSeconds(20)));
        Assert.Equal(Ending.Released, Assert.Single((await story.NextAsync()).Jobs).Ending);
        release.SetResult();
        var last = await story.NextAsync();
        Assert.Equal((Ending.Completed, true), (Assert.Single(last.Jobs).Ending, last.Last));
    }

    [Fact]
    public async Task A_worker_that_cannot_be_heard_stops_its_handlers_before_its_lease_ends_and_tells_nothing_later()
    {
        var (started, stopped) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        await using var story = new WorkerStory(async (_, _, token) =>
        {
            started.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stopped.Release();
        });
        var delivery = story.DeliverAsync(story.Dispatch(WorkerStory.Job()));
        await started.WaitAsync();
        story.BrokerFault = new IOException("away");
        story.Clock.Advance(TimeSpan.FromSeconds(10));
        story.Parts.Heartbeat.RunOnce(goodbye: false);
        Assert.True(story.Parts.Lease.IsHeld);
        story.Clock.Advance(TimeSpan.FromSeconds(0.1));
        story.Parts.Heartbeat.RunOnce(goodbye: false);
        Assert.False(story.Parts.Lease.IsHeld);
        await stopped.WaitAsync();
        await delivery;
        Assert.True(story.Parts.Held.IsEmpty);
        Assert.True(story.NothingSettled);
    }

    [Fact]
    public async Task Without_a_lease_nothing_is_begun_until_a_beat_is_confirmed()
    {
        await using var story = new WorkerStory { BrokerFault = new IOException("away") };
        story.Clock.Advance(TimeSpan.FromSeconds(11));
        story.Parts.Heartbeat.RunOnce(goodbye: false);
        var dispatch = story.Dispatch(WorkerStory.Job());
        var delivery = story.DeliverAsync(dispatch);
        Assert.True(story.NothingSettled);
        story.BrokerFault = null;
        story.Parts.Heartbeat.RunOnce(goodbye: false);
        await delivery;
        Assert.Equal([dispatch.Id], story.Beats[^1].Held);
        Assert.True((await story.NextAsync()).Last);
    }

    [Fact]
    public async Task A_deaf_consumer_is_restarted_and_after_three_fruitless_times_the_worker_says_so()
    {
        await using var story = new WorkerStory();
        var restarts = 0;
        story.Queue.Restart = _ => { restarts++; return Task.CompletedTask; };
        var untaken = new Dictionary<string, long> { ["work"] = 60_000 };
        await story.Parts.Watchdog.RunOnceAsync(untaken);
        Assert.Equal(0, restarts);
        for (var i = 1; i <= 4; i++)
        {
            Assert.Null(story.Parts.Watchdog.Deaf);
            story.Clock.Advance(TimeSpan.FromSeconds(16));
            await story.Parts.Watchdog.RunOnceAsync(untaken);
            await story.Parts.Watchdog.RunOnceAsync(untaken);
            Assert.Equal(i, restarts);
        }

        Assert.Equal("work", story.Parts.Watchdog.Deaf);
        await story.DeliverAsync(story.Dispatch());
        Assert.Null(story.Parts.Watchdog.Deaf);
    }

    [Fact]
    public async Task A_drained_worker_gives_back_what_still_arrives()
    {
        await using var story = new WorkerStory();
        Assert.True(await story.Parts.Drain.RunAsync(TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Equal(Ending.Released, (await story.RunOneAsync(WorkerStory.Job())).Ending);
        story.Parts.Heartbeat.RunOnce(goodbye: false);
        Assert.True(story.Beats[^1].Draining);
    }
}
