using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Life;

/// <summary>A job's life from its transaction to its settlement, the same on every stage.</summary>
public abstract class LifeContract
{
    protected abstract Stage NewStage();

    [Fact]
    public async Task A_job_runs_once_and_succeeds()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var id = await story.EnqueueAsync("pass");
        var job = await story.ReachesAsync(id, LedgerState.Succeeded);
        Assert.Equal(1, job.Attempts);
        Assert.Equal(1, job.Fence);
        Assert.Single(story.Script.Played);
    }

    [Fact]
    public async Task A_thousand_jobs_run_once_each()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, 1_000).Select(number => new Scene("pass", number)));
        await story.AllEndAsync();
        var counts = await story.Ledger.CountsAsync(CancellationToken.None);
        Assert.Equal(1_000, counts.Succeeded);
        Assert.Equal(0, counts.Stale);
        Assert.Equal(1_000, story.Script.Played.Select(act => act.Job).Distinct().Count());
        Assert.Equal(1_000, story.Script.Played.Count);
    }

    [Fact]
    public async Task A_job_enqueued_twice_with_one_id_runs_once()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        Assert.IsType<EnqueueResult.Enqueued>(await story.Jobs.EnqueueAsync(new Scene("pass"), new EnqueueOptions { Id = id }));
        Assert.IsType<EnqueueResult.Duplicate>(await story.Jobs.EnqueueAsync(new Scene("pass"), new EnqueueOptions { Id = id }));
        await story.ReachesAsync(id, LedgerState.Succeeded);
        Assert.IsType<EnqueueResult.Duplicate>(await story.Jobs.EnqueueAsync(new Scene("pass"), new EnqueueOptions { Id = id }));
        await story.AllEndAsync();
        Assert.Single(story.Script.Played);
    }

    [Fact]
    public async Task A_job_that_comes_while_its_key_runs_runs_after_it_and_no_other_does()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var options = new EnqueueOptions { Unique = Unique.WhileActive("a") };
        var running = await story.EnqueueAsync("wait", options);
        await story.Script.EnteredAsync();
        var next = await story.EnqueueAsync("pass", options);
        Assert.Equal(next, await story.EnqueueAsync("pass", options));
        story.Script.Gate.Release();
        await story.ReachesAsync(next, LedgerState.Succeeded);
        Assert.Equal([running, next], story.Script.Played.Select(act => act.Job));
    }

    [Fact]
    public async Task A_job_that_nobody_starts_in_time_expires()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var id = await story.EnqueueAsync("pass", new EnqueueOptions { Queue = "nobody", MaxAge = TimeSpan.FromMilliseconds(1) });
        await story.ReachesAsync(id, LedgerState.Expired);
        Assert.Empty(story.Script.Played);
    }

    [Fact]
    public async Task A_failing_job_is_retried_with_its_backoff_and_dies_after_its_last_attempt()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var job = await story.ReachesAsync(await story.EnqueueAsync("fail"), LedgerState.Dead);
        Assert.Equal(3, job.Attempts);
        Assert.Equal([1, 2, 3], story.Script.Played.Select(act => act.Attempt));
        Assert.Equal([Ending.RetryAt, Ending.RetryAt, Ending.DeadLettered], job.History.Select(attempt => attempt.Ending));
        Assert.Contains("This act always fails.", job.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_job_says_of_its_attempts_goes_before_the_policy()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var job = await story.ReachesAsync(await story.EnqueueAsync("fail", new EnqueueOptions { MaxAttempts = 1 }), LedgerState.Dead);
        Assert.Equal(1, job.Attempts);
    }

    [Fact]
    public async Task A_job_that_fails_once_succeeds_at_the_second_attempt()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var job = await story.ReachesAsync(await story.EnqueueAsync("fail once"), LedgerState.Succeeded);
        Assert.Equal(2, job.Attempts);
        Assert.Null(job.Reason);
    }

    [Fact]
    public async Task A_permanent_failure_is_dead_at_once_and_a_redrive_gives_it_a_new_series()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var id = await story.EnqueueAsync("give up");
        var job = await story.ReachesAsync(id, LedgerState.Dead);
        Assert.Equal(1, job.Attempts);
        Assert.Equal(1, (await story.Ledger.RedriveAsync(new DeadFilter(id), now: null, CancellationToken.None)).Ready);
        await Eventually.HoldsAsync(() => story.Script.Played.Count == 2);
        Assert.Equal(1, story.Script.Played.Last().Attempt);
        await story.ReachesAsync(id, LedgerState.Dead);
    }

    [Fact]
    public async Task A_snoozed_job_burns_no_attempt()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var job = await story.ReachesAsync(await story.EnqueueAsync("snooze"), LedgerState.Succeeded);
        Assert.Equal(1, job.Attempts);
        Assert.Equal(3, job.Fence);
    }

    [Fact]
    public async Task Follow_ups_are_enqueued_with_success_and_not_without()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        await story.EnqueueAsync("follow up");
        await story.EnqueueAsync("follow up and fail");
        await story.AllEndAsync();
        Assert.Single(story.Script.Played, act => act.Act == "pass");
    }

    [Fact]
    public async Task A_kind_that_no_worker_knows_is_dead_with_a_reason_and_its_neighbours_run()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        await story.ReachesAsync(await story.EnqueueAsync("pass"), LedgerState.Succeeded);
        // Until a lease has passed, a worker that knows the kind may be on its way.
        var stranger = (await story.Jobs.EnqueueAsync(new Stranger("?"))).Id!.Value;
        var neighbour = await story.EnqueueAsync("pass");
        await story.ReachesAsync(neighbour, LedgerState.Succeeded);
        var job = await story.ReachesAsync(stranger, LedgerState.Dead);
        Assert.Contains("test.unknown", job.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_that_does_not_fit_its_command_is_dead_with_a_reason_and_its_pack_mates_run()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var bad = NewJob.From("test.scene", "default", """{"act":7}""", options: null, TimeProvider.System);
        var good = NewJob.From(new Scene("pass"), options: null, TimeProvider.System);
        await story.Jobs.EnqueueManyAsync([bad, good], CancellationToken.None);
        await story.ReachesAsync(good.Id, LedgerState.Succeeded);
        var job = await story.ReachesAsync(bad.Id, LedgerState.Dead);
        Assert.Equal(1, job.Attempts);
    }

    [Fact]
    public async Task A_delayed_job_waits_and_can_be_cancelled()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var soon = await story.EnqueueAsync("pass", new EnqueueOptions { Delay = TimeSpan.FromMilliseconds(300) });
        var late = await story.EnqueueAsync("pass", new EnqueueOptions { Delay = TimeSpan.FromHours(1) });
        Assert.Equal(LedgerState.Scheduled, (await story.Ledger.FindAsync(late, CancellationToken.None))!.State);
        await story.ReachesAsync(soon, LedgerState.Succeeded);
        Assert.Equal(CancelResult.Cancelled, await story.Ledger.CancelAsync(late, now: null, CancellationToken.None));
        Assert.Equal(CancelResult.AlreadyEnded, await story.Ledger.CancelAsync(late, now: null, CancellationToken.None));
        await story.AllEndAsync();
        Assert.Single(story.Script.Played);
    }

    [Fact]
    public async Task A_running_job_is_cancelled_from_anywhere_and_reports_its_progress()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var id = await story.EnqueueAsync("wait");
        await story.Script.EnteredAsync();
        await Eventually.HoldsAsync(async () => (await story.Ledger.FindAsync(id, CancellationToken.None))!.Progress?.Percent == 40);
        Assert.Equal(CancelResult.Requested, await story.Ledger.CancelAsync(id, now: null, CancellationToken.None));
        await story.ReachesAsync(id, LedgerState.Cancelled);
    }

    [Fact]
    public async Task A_job_that_exceeds_its_timeout_fails_even_when_it_ignores_its_token()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var id = await story.EnqueueAsync("ignore the token", new EnqueueOptions { Timeout = TimeSpan.FromMilliseconds(100), MaxAttempts = 1 });
        var job = await story.ReachesAsync(id, LedgerState.Dead);
        Assert.Contains("timed out", job.Reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Jobs_of_higher_priority_start_first()
    {
        await using var story = await JobStory.StartAsync(NewStage(), slots: 1, work: false);
        for (var i = 0; i < 20; i++)
        {
            await story.Jobs.EnqueueAsync(new Scene("pass", i), new EnqueueOptions { Priority = 200 });
            await story.Jobs.EnqueueAsync(new Scene("pass", i), new EnqueueOptions { Priority = 5 });
        }

        var survey = await story.Ledger.SurveyAsync(now: null, CancellationToken.None);
        Assert.Single(survey.Ready);
        var claimed = new List<Guid>();
        Packed Note(string queue, IReadOnlyList<ClaimedJob> jobs)
        {
            claimed.AddRange(jobs.Select(job => job.Job.Id));
            return new Packed([], [.. jobs.Select(job => new Misfit(job.Job.Id, "looked at", TimeSpan.FromHours(1)))]);
        }

        await story.Ledger.ClaimAsync("default", Lane.Normal, 20, Note, now: null, CancellationToken.None);
        foreach (var id in claimed)
        {
            Assert.Equal(5, (await story.Ledger.FindAsync(id, CancellationToken.None))!.Priority);
        }
    }

    [Fact]
    public async Task A_paused_kind_takes_jobs_in_and_runs_them_once_it_is_resumed()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        await story.Ledger.PauseAsync(PauseScope.Kind, "test.scene", "ann", "a test", now: null, CancellationToken.None);
        var id = await story.EnqueueAsync("pass");
        var stranger = (await story.Jobs.EnqueueAsync(new Stranger("?"))).Id!.Value;
        await story.ReachesAsync(stranger, LedgerState.Dead);
        Assert.Equal(LedgerState.Ready, (await story.Ledger.FindAsync(id, CancellationToken.None))!.State);
        await story.Ledger.ResumeAsync(PauseScope.Kind, "test.scene", CancellationToken.None);
        await story.ReachesAsync(id, LedgerState.Succeeded);
    }

    [Fact]
    public async Task A_kind_that_its_program_limits_to_two_at_once_never_runs_three()
    {
        await using var story = await JobStory.StartAsync(
            NewStage(), coordinator: options => options.Limits.Add(new DispatchLimit(LimitScope.Kind, "test.scene") { MaxRunning = 2 }));
        for (var i = 0; i < 6; i++)
        {
            await story.EnqueueAsync("wait");
        }

        for (var round = 0; round < 3; round++)
        {
            await story.Script.EnteredAsync();
            await story.Script.EnteredAsync();
            Assert.Equal((2 * round) + 2, story.Script.Played.Count);
            Assert.Equal(4 - (2 * round), (await story.Ledger.CountsAsync(CancellationToken.None)).Ready);
            story.Script.Gate.Release(2);
        }

        await story.AllEndAsync();
        Assert.Equal(6, (await story.Ledger.CountsAsync(CancellationToken.None)).Succeeded);
    }

    [Fact]
    public async Task Jobs_of_a_serial_key_run_in_order_through_a_failure_and_others_pass_them()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        string[] acts = ["fail once", "take a while", "pass", "give up", "pass"];
        var ids = new List<Guid>();
        foreach (var act in acts)
        {
            ids.Add(await story.EnqueueAsync(act, new EnqueueOptions { SerialKey = "repo:1" }));
        }

        await story.AllEndAsync();
        Assert.Equal([ids[0], .. ids], story.Script.Played.Select(act => act.Job));
    }

    [Fact]
    public async Task A_rolled_back_enqueue_never_runs()
    {
        await using var story = await JobStory.StartAsync(NewStage());
        var id = await RolledBackAsync(story);
        var after = await story.EnqueueAsync("pass");
        await story.ReachesAsync(after, LedgerState.Succeeded);
        Assert.Null(await story.Ledger.FindAsync(id, CancellationToken.None));
        Assert.DoesNotContain(story.Script.Played, act => act.Job == id);
    }

    /// <summary>Enqueues within a transaction and rolls it back.</summary>
    protected abstract Task<Guid> RolledBackAsync(JobStory story);
}
