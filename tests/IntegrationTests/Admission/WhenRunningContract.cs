using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>What becomes of a job whose key is taken by one that runs.</summary>
public abstract class WhenRunningContract(LedgerFixture fixture) : AdmissionContract(fixture)
{
    [Fact]
    public async Task Dropped_it_is_a_duplicate_of_the_running_one()
    {
        var running = (await DispatchedAsync(Keyed("a"))).Jobs[0].Id;
        var dropped = Job() with { Unique = Unique.WhileActive("a") with { WhenRunning = WhenRunning.Drop } };

        Assert.Equal(new EnqueueResult.Duplicate(running), await EnqueueAsync(dropped));
        Assert.Equal(1, (await CountsAsync()).Live);
    }

    [Fact]
    public async Task Otherwise_exactly_one_waits_behind_it_and_the_rest_are_duplicates_of_that_one()
    {
        await DispatchedAsync(Keyed("a"));
        var jobs = Enumerable.Range(0, 60).Select(_ => Keyed("a")).ToList();
        var answers = await Ledger.InsertManyAsync(jobs, null, CancellationToken.None);

        Assert.Equal(new EnqueueResult.Enqueued(jobs[0].Id), answers[0]);
        Assert.All(answers.Skip(1), answer => Assert.Equal(new EnqueueResult.Duplicate(jobs[0].Id), answer));
        Assert.True((await FindAsync(jobs[0].Id)).WaitsForKey);
        await NothingGoesAsync();
        Assert.Equal((1, 1), ((await CountsAsync()).Scheduled, (await CountsAsync()).Dispatched));
    }

    [Theory]
    [InlineData(Ending.Completed)]
    [InlineData(Ending.DeadLettered)]
    [InlineData(Ending.Cancelled)]
    public async Task The_one_that_waits_runs_once_the_running_one_has_ended_whichever_way(Ending ending)
    {
        var running = await DispatchedAsync(Keyed("a"));
        var waiting = await EnqueuedAsync(Keyed("a"));
        await SettleAsync(running, Ending.RetryAt, reason: "first it is tried again");
        await NothingGoesAsync();
        await SettleAsync(Assert.Single(await ClaimAsync()), ending, reason: "x");

        Assert.Equal(1, await ReleaseAsync());
        Assert.Equal(waiting, Assert.Single(Assert.Single(await ClaimAsync()).Jobs).Id);
        Assert.Equal(0, await ReleaseAsync());
    }

    [Fact]
    public async Task It_runs_after_a_crash_loop_too()
    {
        var dispatch = await DispatchedAsync(Keyed("a"));
        var waiting = await EnqueuedAsync(Keyed("a"));
        for (var crash = 0; crash < Limits.MaxCrashes; crash++)
        {
            Assert.Equal(0, await ReleaseAsync());
            await Ledger.ReclaimAsync([dispatch.Id], crashed: true, T0, CancellationToken.None);
            dispatch = (await ClaimAsync(lane: (Lane)Math.Min(crash + 1, 2))).FirstOrDefault() ?? dispatch;
        }

        Assert.Equal(LedgerState.Dead, await StateAsync(dispatch.Jobs[0].Id));
        Assert.Equal(1, await ReleaseAsync());
        Assert.Equal(LedgerState.Ready, await StateAsync(waiting));
    }

    [Fact]
    public async Task Whoever_comes_between_the_end_and_the_release_finds_the_one_that_waits()
    {
        var running = await DispatchedAsync(Keyed("a"));
        var waiting = await EnqueuedAsync(Keyed("a"));
        await SettleAsync(running, Ending.Completed);

        Assert.Equal(new EnqueueResult.Duplicate(waiting), await EnqueueAsync(Replacing("a", 9)));
        Assert.Equal("""{"n":9}""", (await FindAsync(waiting)).Payload);
        Assert.Equal(1, await ReleaseAsync());
        Assert.Equal(new EnqueueResult.Duplicate(waiting), await EnqueueAsync(Keyed("a")));
    }

    [Fact]
    public async Task Its_delay_counts_from_its_enqueue_and_a_replacement_does_not_let_it_go()
    {
        var running = await DispatchedAsync(Keyed("a"));
        var waiting = await EnqueuedAsync(Keyed("a") with { Delay = TimeSpan.FromHours(1) });
        await EnqueueAsync(Replacing("a", 1) with { RunAt = T0.AddHours(2) });
        await NothingGoesAsync();
        await SettleAsync(running, Ending.Completed);
        await ReleaseAsync();

        var found = await FindAsync(waiting);
        Assert.Equal((LedgerState.Scheduled, false, T0.AddHours(2)), (found.State, found.WaitsForKey, found.RunAt));
        Assert.Equal(1, await Ledger.PromoteAsync(10, T0.AddHours(2), CancellationToken.None));
    }

    [Fact]
    public async Task It_can_be_cancelled_and_then_another_may_wait()
    {
        await DispatchedAsync(Keyed("a"));
        var cancelled = await EnqueuedAsync(Keyed("a"));

        Assert.Equal(CancelResult.Cancelled, await Ledger.CancelAsync(cancelled, T0, CancellationToken.None));
        var next = await EnqueuedAsync(Keyed("a"));
        Assert.True((await FindAsync(next)).WaitsForKey);
    }

    [Fact]
    public async Task A_follow_up_of_a_handler_with_the_key_of_its_own_job_goes_in_with_the_success()
    {
        var dispatch = await DispatchedAsync(Keyed("a"));
        var next = Keyed("a");
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Completed) with { FollowUps = [next, Keyed("a")] }]));

        Assert.Equal((LedgerState.Ready, 1), (await StateAsync(next.Id), (await CountsAsync()).Live));
    }

    private async Task<int> ReleaseAsync() => (await Ledger.ReleaseAsync(10, T0.AddMinutes(1), CancellationToken.None)).Released;

    private async Task NothingGoesAsync()
    {
        await Ledger.PromoteAsync(100, T0.AddDays(30), CancellationToken.None);
        Assert.Equal(new ReleaseReport(Released: 0, Waiting: true), await Ledger.ReleaseAsync(10, T0.AddDays(30), CancellationToken.None));
        Assert.DoesNotContain((await Ledger.SurveyAsync(T0, CancellationToken.None)).Ready, lane => lane.Queue != Queue);
        Assert.Equal(1, (await CountsAsync()).Scheduled);
    }
}
