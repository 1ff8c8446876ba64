using BusJobs.Wire;

namespace BusJobs.UnitTests.Worker;

/// <summary>How a worker runs the jobs of its dispatches.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task One_slot_runs_jobs_in_the_order_of_arrival()
    {
        var order = new List<string>();
        await using var story = new WorkerStory((job, _, _) => { order.Add(job.What); return Task.CompletedTask; }, slots: 1);
        var names = Enumerable.Range(0, 100).Select(n => n.ToString()).ToArray();
        await story.DeliverAsync(story.Dispatch([.. names.Select(name => WorkerStory.Job(name))]));
        Assert.Equal(names, order);
    }

    [Fact]
    public async Task No_more_jobs_run_at_once_than_there_are_slots()
    {
        var (running, most) = (0, 0);
        await using var story = new WorkerStory(
            async (_, _, _) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await Task.Yield();
                Interlocked.Decrement(ref running);
            }, slots: 3);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => story.DeliverAsync(story.Dispatch([.. Enumerable.Range(0, 50).Select(_ => WorkerStory.Job())]))));
        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task A_handler_may_block_on_its_own_continuation()
    {
        await using var story = new WorkerStory((_, _, _) => { YieldingAsync().Wait(CancellationToken.None); return Task.CompletedTask; }, slots: 1);
        Assert.Equal(Ending.Completed, (await story.RunOneAsync(WorkerStory.Job())).Ending);

        static async Task YieldingAsync() => await Task.Yield();
    }

    [Fact]
    public async Task A_job_that_gives_way_at_its_timeout_is_retried()
    {
        var started = new SemaphoreSlim(0);
        await using var story = new WorkerStory(async (_, _, token) => { started.Release(); await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token); });
        var delivery = story.DeliverAsync(story.Dispatch(WorkerStory.Job() with { TimeoutMs = 90_000 }));
        await started.WaitAsync();
        story.Clock.Advance(TimeSpan.FromSeconds(89));
        Assert.True(story.NothingSettled);
        story.Clock.Advance(TimeSpan.FromSeconds(1));
        var settlement = Assert.Single((await story.NextAsync()).Jobs);
        Assert.Equal((Ending.RetryAt, "timed out after 90 s", 90_000), (settlement.Ending, settlement.Reason, settlement.DurationMs));
        await delivery;
    }

    [Fact]
    public async Task A_job_that_ignores_its_timeout_is_settled_after_the_grace_and_its_slot_goes_on()
    {
        var (started, release) = (new SemaphoreSlim(0), new ManualResetEventSlim());
        await using var story = new WorkerStory(
            (job, _, _) => { started.Release(); if (job.What == "block") { release.Wait(CancellationToken.None); } return Task.CompletedTask; }, slots: 1);
        var delivery = story.DeliverAsync(story.Dispatch(WorkerStory.Job("block") with { TimeoutMs = 60_000 }, WorkerStory.Job("next")));
        await started.WaitAsync();
        story.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, started.CurrentCount);
        story.Clock.Advance(TimeSpan.FromSeconds(5));
        // The next job ends while the first still blocks its thread.
        await started.WaitAsync();
        await delivery;
        release.Set();
        var settled = (await story.NextAsync()).Jobs;
        Assert.Equal("timed out after 60 s", settled[0].Reason);
        Assert.Equal(Ending.Completed, settled[1].Ending);
        Assert.Equal(Ending.Completed, (await story.RunOneAsync(WorkerStory.Job("after"))).Ending);
    }

    [Fact]
    public async Task No_waiting_job_takes_the_slot_of_one_that_is_stopped_because_the_lease_is_lost()
    {
        var (started, begun) = (new SemaphoreSlim(0), 0);
        await using var story = new WorkerStory(
            async (_, _, token) => { Interlocked.Increment(ref begun); started.Release(); await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token); }, slots: 1);
        var deliveries = Enumerable.Range(0, 50).Select(_ => story.DeliverAsync(story.Dispatch(WorkerStory.Job()))).ToList();
        await started.WaitAsync();
        while (story.Parts.Held.Snapshot().Count < deliveries.Count)
        {
            await Task.Yield();
        }

        Assert.Equal(50, story.Parts.Held.ForgetAll());
        await Task.WhenAll(deliveries);
        Assert.Equal(1, begun);
    }

    [Fact]
    public async Task In_process_retries_run_within_the_attempt_and_leave_no_follow_ups_behind()
    {
        var tries = 0;
        await using var story = new WorkerStory(
            (_, attempt, _) =>
            {
                attempt.FollowUp(new Told("later"));
                return ++tries < 3 ? throw new IOException("blip") : Task.CompletedTask;
            }, policy: new JobPolicy { InProcessRetries = 2, InProcessDelay = TimeSpan.Zero });
        var settlement = await story.RunOneAsync(WorkerStory.Job());
        Assert.Equal((Ending.Completed, 3), (settlement.Ending, tries));
        Assert.Single(settlement.FollowUps!);
    }

    [Fact]
    public async Task A_waiting_job_is_cancelled_without_being_begun()
    {
        var (started, release) = (new SemaphoreSlim(0), new TaskCompletionSource());
        await using var story = new WorkerStory((_, _, _) => { started.Release(); return release.Task; }, slots: 1);
        DispatchedJob[] jobs = [WorkerStory.Job(), WorkerStory.Job()];
        var delivery = story.DeliverAsync(story.Dispatch(jobs));
        await started.WaitAsync();
        story.Parts.Held.Cancel([jobs[1].Id]);
        release.SetResult();
        await delivery;
        Assert.Equal(0, started.CurrentCount);
        Assert.Equal(Ending.Cancelled, (await story.NextAsync()).Jobs.Single(job => job.JobId == jobs[1].Id).Ending);
    }

    [Fact]
    public async Task Large_outcomes_are_split_over_messages()
    {
        var text = new string('x', 200_000);
        await using var story = new WorkerStory((_, attempt, _) => { attempt.FollowUp(new Told(text)); return Task.CompletedTask; });
        await story.DeliverAsync(story.Dispatch([.. Enumerable.Range(0, 12).Select(_ => WorkerStory.Job())]));
        var messages = new List<Settled>();
        do
        {
            messages.Add(await story.NextAsync());
        }
        while (!messages[^1].Last);
        Assert.Equal(12, messages.Sum(message => message.Jobs.Count));
        Assert.All(messages, message => Assert.InRange(message.Jobs.Count, 1, 5));
    }
}
