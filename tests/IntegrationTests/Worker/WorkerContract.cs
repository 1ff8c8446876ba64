using BusJobs.IntegrationTests.Servers;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Worker;

/// <summary>What a worker does with dispatches, on either transport.</summary>
public abstract class WorkerContract(Func<Uri?> rabbitMq)
{
    [Fact]
    public async Task A_pack_of_100_is_settled_whole()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var settled = await rig.SettledAsync(await rig.DispatchAsync([.. Enumerable.Range(0, 100).Select(_ => WorkerRig.Job(new Probe("ok")))]));
        Assert.Equal(100, settled.Count);
        Assert.All(settled.Values, job => Assert.Equal(Ending.Completed, job.Ending));
    }

    [Fact]
    public async Task A_bad_job_does_not_touch_its_pack_mates()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var jobs = new[] { WorkerRig.Job(new Probe("ok")), WorkerRig.Job("""{"wrong":1}"""), WorkerRig.Job(new Probe("throw")), WorkerRig.Job(new Probe("die")) };
        var settled = await rig.SettledAsync(await rig.DispatchAsync(jobs));
        Assert.Equal(Ending.Completed, settled[jobs[0].Id].Ending);
        Assert.Equal(Ending.DeadLettered, settled[jobs[1].Id].Ending);
        Assert.StartsWith("The payload does not fit the kind 'test.probe'", settled[jobs[1].Id].Reason, StringComparison.Ordinal);
        Assert.Equal(Ending.RetryAt, settled[jobs[2].Id].Ending);
        Assert.Equal(7_000, settled[jobs[2].Id].DelayMs);
        Assert.StartsWith("InvalidOperationException: no luck", settled[jobs[2].Id].Reason, StringComparison.Ordinal);
        Assert.Equal(Ending.DeadLettered, settled[jobs[3].Id].Ending);
    }

    [Fact]
    public async Task A_kind_without_a_handler_is_told()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var job = WorkerRig.Job("{}");
        var settled = await rig.SettledAsync(await rig.DispatchAsync("test.unheard-of", job));
        Assert.Equal(Ending.UnknownKind, settled[job.Id].Ending);
    }

    [Fact]
    public async Task The_last_attempt_is_dead_and_a_snooze_waits()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        Assert.Equal(Ending.DeadLettered, (await rig.RunOneAsync(WorkerRig.Job(new Probe("throw"), attempt: 10))).Ending);
        var snoozed = await rig.RunOneAsync(WorkerRig.Job(new Probe("snooze")));
        Assert.Equal((Ending.Snoozed, 180_000L), (snoozed.Ending, snoozed.DelayMs));
    }

    [Fact]
    public async Task A_follow_up_travels_with_the_success()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var settled = await rig.RunOneAsync(WorkerRig.Job(new Probe("follow")));
        var followUp = Assert.Single(settled.FollowUps!);
        Assert.Equal(("test.probe", """{"do":"ok"}"""), (followUp.Kind, followUp.Payload));
    }

    [Fact]
    public async Task An_operator_cancels_a_running_job()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var job = WorkerRig.Job(new Probe("wait"));
        var dispatch = await rig.DispatchAsync(job);
        await rig.Signals.Started.WaitAsync();
        await rig.Bus.PublishAsync(new CancelJobs { JobIds = [job.Id] }, CancellationToken.None);
        Assert.Equal(Ending.Cancelled, (await rig.SettledAsync(dispatch))[job.Id].Ending);
    }

    [Theory]
    [InlineData("wait")]
    [InlineData("ignore")]
    [InlineData("block")]
    public async Task A_job_that_runs_too_long_is_settled_even_if_it_ignores_its_token(string how)
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var settled = await rig.RunOneAsync(WorkerRig.Job(new Probe(how)) with { TimeoutMs = 50 });
        Assert.Equal((Ending.RetryAt, "timed out after 0.05 s"), (settled.Ending, settled.Reason));
        Assert.Equal(Ending.Completed, (await rig.RunOneAsync(WorkerRig.Job(new Probe("ok")))).Ending);
    }

    [Fact]
    public async Task Outcomes_do_not_wait_for_a_slow_pack_mate()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var (quick, slow) = (WorkerRig.Job(new Probe("ok")), WorkerRig.Job(new Probe("wait")));
        var dispatch = await rig.DispatchAsync(slow, quick);
        var first = await rig.NextAsync(dispatch);
        Assert.Equal((quick.Id, false), (Assert.Single(first.Jobs).JobId, first.Last));
        rig.Signals.Release.SetResult();
        var second = await rig.NextAsync(dispatch);
        Assert.Equal((slow.Id, true), (Assert.Single(second.Jobs).JobId, second.Last));
    }

    [Fact]
    public async Task Beats_tell_what_is_held_and_how_far_it_is()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var job = WorkerRig.Job(new Probe("wait"));
        var dispatch = await rig.DispatchAsync(job);
        var beat = await rig.BeatAsync(beat => beat.Progress.Count > 0);
        Assert.Equal(new JobProgress(job.Id, 42, "waiting"), Assert.Single(beat.Progress));
        Assert.Equal(dispatch.Id, Assert.Single(beat.Held));
        Assert.Equal(new QueueBeat("work", 4, dispatch.Sequence), Assert.Single(beat.Queues));
        Assert.Equal("test.probe", Assert.Single(beat.Kinds));
    }

    [Fact]
    public async Task A_worker_that_is_asked_to_drain_does_so_and_another_does_not()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        Assert.True((await rig.BeatAsync(_ => true)) is { CanBeDrained: true, RunsChains: true });
        var running = await rig.DispatchAsync(WorkerRig.Job(new Probe("wait")));
        await rig.Signals.Started.WaitAsync();
        var another = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await rig.Bus.SendToOneAsync(rig.Worker.Id, new DrainWorker { WorkerId = another, By = "ann" }, CancellationToken.None);
        Assert.Equal(Ending.Completed, (await rig.RunOneAsync(WorkerRig.Job(new Probe("ok")))).Ending);

        await rig.Bus.SendToOneAsync(rig.Worker.Id, new DrainWorker { WorkerId = rig.Worker.Id, By = "ann" }, CancellationToken.None);
        Assert.Equal(running.Id, Assert.Single((await rig.BeatAsync(beat => beat.Draining)).Held));
        Assert.Contains("The worker is draining.", rig.Health.NotReadyReasons);
        rig.Signals.Release.SetResult();
        Assert.Equal(Ending.Completed, Assert.Single(await rig.SettledAsync(running)).Value.Ending);
        await rig.BeatAsync(beat => beat is { Draining: true, Held.Count: 0 });
    }

    [Fact]
    public async Task A_drain_gives_back_the_unstarted_at_once_and_lets_the_running_finish()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var jobs = Enumerable.Range(0, 10).Select(_ => WorkerRig.Job(new Probe("wait"))).ToArray();
        var dispatch = await rig.DispatchAsync(jobs);
        for (var i = 0; i < 4; i++)
        {
            await rig.Signals.Started.WaitAsync();
        }

        var drain = rig.Worker.DrainAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        var unstarted = await rig.NextAsync(dispatch);
        Assert.Equal(6, unstarted.Jobs.Count(job => job.Ending == Ending.Released));
        Assert.False(rig.Health.IsReady);
        rig.Signals.Release.SetResult();
        Assert.True(await drain);
        var finished = await rig.SettledAsync(dispatch);
        Assert.Equal(4, finished.Values.Count(job => job.Ending == Ending.Completed));
        await rig.StopAsync();
        Assert.Empty((await rig.BeatAsync(beat => beat.Goodbye)).Held);
    }

    [Fact]
    public async Task At_the_deadline_of_a_drain_running_jobs_are_given_back()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq());
        var dispatch = await rig.DispatchAsync(WorkerRig.Job(new Probe("wait")), WorkerRig.Job(new Probe("ignore")));
        await rig.Signals.Started.WaitAsync();
        await rig.Signals.Started.WaitAsync();
        var drains = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => rig.Worker.DrainAsync(TimeSpan.FromMilliseconds(50), CancellationToken.None)));
        Assert.Equal([false, false, false], drains);
        Assert.All((await rig.SettledAsync(dispatch)).Values, job => Assert.Equal(Ending.Released, job.Ending));
    }

    [Fact]
    public async Task A_blocked_queue_does_not_hold_up_another()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq(), worker => worker.Queue("other", slots: 1));
        await rig.DispatchAsync([.. Enumerable.Range(0, 4).Select(_ => WorkerRig.Job(new Probe("block")))]);
        for (var i = 0; i < 4; i++)
        {
            await rig.Signals.Started.WaitAsync();
        }

        var other = await rig.SettledAsync(await rig.DispatchToAsync("other", "test.probe", WorkerRig.Job(new Probe("ok"))));
        Assert.Equal(Ending.Completed, Assert.Single(other.Values).Ending);
    }

    [Fact]
    public async Task A_restarted_consumer_receives_again()
    {
        await using var rig = await WorkerRig.StartAsync(rabbitMq(), bus: options => options.Lease = TimeSpan.FromMilliseconds(600));
        await Eventually.HoldsAsync(async () =>
        {
            await rig.Bus.PublishAsync(
                new PulseEcho { CoordinatorId = Guid.Empty, Number = 1, Untaken = new Dictionary<string, long> { ["work"] = 10_000 } }, CancellationToken.None);
            return rig.Restarts == 1;
        });
        Assert.Equal(Ending.Completed, (await rig.RunOneAsync(WorkerRig.Job(new Probe("ok")))).Ending);
        Assert.True(rig.Health.IsLive);
    }
}

public sealed class InMemoryWorkerTests() : WorkerContract(() => null);

public sealed class RabbitMqWorkerTests(RabbitFixture rabbit) : WorkerContract(() => rabbit.Address), IClassFixture<RabbitFixture>;
