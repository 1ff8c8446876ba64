using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Ledger;

public abstract class ReclaimContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private Task<ReclaimReport> ReclaimAsync(Dispatch dispatch, bool crashed) =>
        Ledger.ReclaimAsync([dispatch.Id], crashed, T0, CancellationToken.None);

    [Fact]
    public async Task Unsettled_jobs_of_a_lost_dispatch_are_ready_again_and_settled_ones_stay_as_they_are()
    {
        await Ledger.InsertManyAsync(Jobs(3), null, CancellationToken.None);
        var dispatch = Assert.Single(await ClaimAsync());
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Completed)], last: false));
        var report = await ReclaimAsync(dispatch, crashed: false);

        Assert.Equal((2, 0, 0), (report.Ready, report.Cancelled, report.Dead.Count));
        var counts = await CountsAsync();
        Assert.Equal((2, 0, 1, 2), (counts.Ready, counts.Dispatched, counts.Succeeded, counts.Reclaimed));
        var found = await FindAsync(dispatch.Jobs[1].Id);
        Assert.Equal((0, 0, 1), (found.Crashes, found.Attempts, found.Fence));
        Assert.Empty(found.History);
        Assert.Equal(0, await OpenAsync());
    }

    [Fact]
    public async Task Reclaiming_twice_is_reclaiming_once()
    {
        var dispatch = await DispatchedAsync();
        await ReclaimAsync(dispatch, crashed: true);
        var again = Assert.Single(await ClaimAsync(lane: Lane.Suspect));

        Assert.Equal(0, (await ReclaimAsync(dispatch, crashed: true)).Ready);
        Assert.Equal(LedgerState.Dispatched, await StateAsync(again.Jobs[0].Id));
    }

    [Fact]
    public async Task A_late_settlement_of_a_reclaimed_job_bounces_off_the_fence()
    {
        var dispatch = await DispatchedAsync();
        await ReclaimAsync(dispatch, crashed: false);
        var again = Assert.Single(await ClaimAsync());
        var late = await SettleAsync(dispatch, Ending.Completed);

        Assert.Equal((0, 1), (late.Applied, late.Stale));
        Assert.Equal((LedgerState.Dispatched, 1), (await StateAsync(again.Jobs[0].Id), await OpenAsync()));
        Assert.Equal(1, (await SettleAsync(again, Ending.Completed)).Applied);
    }

    [Fact]
    public async Task A_job_near_a_crash_moves_to_the_suspects_then_to_quarantine_then_is_dead()
    {
        var dispatch = await DispatchedAsync(Job() with { Payload = """{"x":1}""" });
        var id = dispatch.Jobs[0].Id;
        foreach (var lane in new[] { Lane.Suspect, Lane.Quarantine })
        {
            Assert.Equal(1, (await ReclaimAsync(dispatch, crashed: true)).Ready);
            Assert.Empty(await ClaimAsync(lane: lane - 1));
            dispatch = Assert.Single(await ClaimAsync(lane: lane));
            Assert.Equal(lane, Assert.Single(await Ledger.OpenDispatchesAsync(10, CancellationToken.None)).Lane);
        }

        var report = await ReclaimAsync(dispatch, crashed: true);
        var copy = Assert.Single(report.Dead);
        Assert.Equal((id, """{"x":1}""", 0), (copy.JobId, copy.Payload, report.Ready));
        Assert.StartsWith("crash-loop", copy.Reason, StringComparison.Ordinal);
        var found = await FindAsync(id);
        Assert.Equal((LedgerState.Dead, 3, copy.Reason, T0), (found.State, found.Crashes, found.Reason, found.FinishedAt));
        Assert.Equal((1, 2), ((await CountsAsync()).DeadNow, (await CountsAsync()).Reclaimed));
    }

    [Fact]
    public async Task Each_crash_is_in_the_history_with_the_number_of_its_try()
    {
        var dispatch = await DispatchedAsync();
        await SettleAsync(dispatch, Ending.RetryAt);
        dispatch = Assert.Single(await ClaimAsync());
        await ReclaimAsync(dispatch, crashed: true);

        var crash = (await FindAsync(dispatch.Jobs[0].Id)).History[^1];
        Assert.Equal(
            (2, 2, Ending.Released, "unknown", "its worker crashed", T0),
            (crash.Fence, crash.Number, crash.Ending, crash.Worker, crash.Reason, crash.EndedAt));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_job_whose_cancellation_was_asked_for_is_cancelled(bool crashed)
    {
        var dispatch = await DispatchedAsync();
        await Ledger.CancelAsync(dispatch.Jobs[0].Id, T0, CancellationToken.None);
        var report = await ReclaimAsync(dispatch, crashed);

        Assert.Equal((0, 1, 0), (report.Ready, report.Cancelled, report.Dead.Count));
        var found = await FindAsync(dispatch.Jobs[0].Id);
        Assert.Equal((LedgerState.Cancelled, T0), (found.State, found.FinishedAt));
        Assert.Equal(1, (await CountsAsync()).Cancelled);
    }

    [Theory]
    [InlineData(60_000, LedgerState.Scheduled)]
    [InlineData(0, LedgerState.Ready)]
    public async Task A_dispatch_that_was_not_sent_comes_back_after_its_delay_with_the_reason(int delayMs, LedgerState expected)
    {
        await Ledger.InsertManyAsync(Jobs(2), null, CancellationToken.None);
        var dispatches = await ClaimAsync(size: 1);
        var delay = TimeSpan.FromMilliseconds(delayMs);

        Assert.Equal(2, await Ledger.ReturnAsync([.. dispatches.Select(d => d.Id)], "no route", delay, T0, CancellationToken.None));
        var found = await FindAsync(dispatches[0].Jobs[0].Id);
        Assert.Equal((expected, 0, 0, "no route"), (found.State, found.Attempts, found.Crashes, found.Reason));
        Assert.True(delayMs == 0 || found.RunAt == T0 + delay);
        Assert.Equal(0, await OpenAsync());
        Assert.Equal(0, await Ledger.ReturnAsync([.. dispatches.Select(d => d.Id)], "no route", delay, T0, CancellationToken.None));
    }

    [Fact]
    public async Task A_returned_job_whose_cancellation_was_asked_for_is_cancelled_and_counted()
    {
        var dispatch = await DispatchedAsync();
        await Ledger.CancelAsync(dispatch.Jobs[0].Id, T0, CancellationToken.None);

        Assert.Equal(0, await Ledger.ReturnAsync([dispatch.Id], "no route", TimeSpan.Zero, T0, CancellationToken.None));
        Assert.Equal((LedgerState.Cancelled, 1), (await StateAsync(dispatch.Jobs[0].Id), (await CountsAsync()).Cancelled));
    }
}
