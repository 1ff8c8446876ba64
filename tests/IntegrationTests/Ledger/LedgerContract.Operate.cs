using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Ledger;

public abstract class OperateContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private Task<CancelResult> CancelAsync(Guid id) => Ledger.CancelAsync(id, T0, CancellationToken.None);

    private async Task<int> RedriveAsync(DeadFilter filter) => (await Ledger.RedriveAsync(filter, T0, CancellationToken.None)).Ready;

    [Fact]
    public async Task A_waiting_job_is_cancelled_at_once()
    {
        var (ready, scheduled) = (await InsertAsync(), await InsertAsync(Job() with { Delay = TimeSpan.FromHours(1) }));

        Assert.Equal((CancelResult.Cancelled, CancelResult.Cancelled), (await CancelAsync(ready), await CancelAsync(scheduled)));
        var found = await FindAsync(ready);
        Assert.Equal((LedgerState.Cancelled, T0, 0), (found.State, found.FinishedAt, found.Attempts));
        Assert.Empty(await ClaimAsync());
        Assert.Equal((2, 0), ((await CountsAsync()).Cancelled, (await CountsAsync()).Live));
    }

    [Fact]
    public async Task A_running_job_is_asked_to_stop_until_it_has_ended()
    {
        var dispatch = await DispatchedAsync();
        var id = dispatch.Jobs[0].Id;

        Assert.Equal(CancelResult.Requested, await CancelAsync(id));
        Assert.Equal(CancelResult.Requested, await CancelAsync(id));
        Assert.True((await FindAsync(id)).CancelRequested);
        Assert.Equal([id], await Ledger.CancelRequestedAsync(10, CancellationToken.None));
        await SettleAsync(dispatch, Ending.Cancelled, reason: "asked to");
        Assert.Empty(await Ledger.CancelRequestedAsync(10, CancellationToken.None));
        var found = await FindAsync(id);
        Assert.Equal((LedgerState.Cancelled, 1, Ending.Cancelled), (found.State, found.Attempts, Assert.Single(found.History).Ending));
    }

    [Fact]
    public async Task Payloads_are_read_of_those_that_are_there()
    {
        var jobs = Jobs(3);
        await Ledger.InsertManyAsync([jobs[0] with { Payload = "[1]" }, jobs[1]], null, CancellationToken.None);
        var payloads = await Ledger.PayloadsAsync([.. jobs.Select(job => job.Id)], CancellationToken.None);
        Assert.Equal(new Dictionary<Guid, string> { [jobs[0].Id] = "[1]", [jobs[1].Id] = "{}" }, payloads);
        Assert.Empty(await Ledger.PayloadsAsync([], CancellationToken.None));
    }

    [Fact]
    public async Task Cancelling_what_has_ended_or_never_was_changes_nothing()
    {
        var dispatch = await DispatchedAsync();
        await SettleAsync(dispatch, Ending.Completed);

        Assert.Equal(CancelResult.AlreadyEnded, await CancelAsync(dispatch.Jobs[0].Id));
        Assert.Equal(CancelResult.NotFound, await CancelAsync(NewId()));
        Assert.Equal((LedgerState.Succeeded, 0), (await StateAsync(dispatch.Jobs[0].Id), (await CountsAsync()).Cancelled));
    }

    [Fact]
    public async Task A_redriven_job_starts_a_new_series_of_attempts()
    {
        var dispatch = await DispatchedAsync();
        await SettleAsync(dispatch, Ending.RetryAt);
        await CancelAsync(Assert.Single(await ClaimAsync()).Jobs[0].Id);
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[0] with { Fence = 2 }, Ending.DeadLettered)]));
        Assert.Equal(1, await RedriveAsync(new DeadFilter(dispatch.Jobs[0].Id)));

        var found = await FindAsync(dispatch.Jobs[0].Id);
        Assert.Equal((LedgerState.Ready, 0, 0, T0, false), (found.State, found.Attempts, found.Crashes, found.RunAt, found.CancelRequested));
        Assert.Equal(((DateTimeOffset?)null, (string?)null, 2), (found.FinishedAt, found.Reason, found.History.Count));
        Assert.Equal((0, 1), ((await CountsAsync()).DeadNow, (await CountsAsync()).Ready));
        var sent = Assert.Single(Assert.Single(await ClaimAsync()).Jobs);
        Assert.Equal((3, 1), (sent.Fence, sent.Attempt));
    }

    [Fact]
    public async Task A_redrive_goes_by_kind_and_queue_oldest_first_up_to_its_limit()
    {
        foreach (var (queue, kind) in new[] { ("q1", "k1"), ("q1", "k2"), ("q2", "k1"), ("q2", "k1") })
        {
            await InsertAsync(Job(queue: queue, kind: kind));
            await SettleAsync(Assert.Single(await ClaimAsync(queue: queue)), Ending.DeadLettered, reason: "x");
        }

        Assert.Equal(0, await RedriveAsync(new DeadFilter(Kind: "k2", Queue: "q2")));
        Assert.Equal(1, await RedriveAsync(new DeadFilter(Kind: "k2")));
        Assert.Equal(1, await RedriveAsync(new DeadFilter(Queue: "q2", Limit: 1)));
        Assert.Equal(2, await RedriveAsync(new DeadFilter()));
        Assert.Equal((0, 4), ((await CountsAsync()).DeadNow, (await CountsAsync()).Ready));
    }

    [Fact]
    public async Task Only_dead_jobs_are_redriven()
    {
        var id = await InsertAsync();
        Assert.Equal(0, await RedriveAsync(new DeadFilter(id)));
        Assert.Equal(0, await RedriveAsync(new DeadFilter(NewId())));
    }

    [Fact]
    public async Task Progress_is_kept_while_a_job_runs_and_ignored_otherwise()
    {
        var waiting = await InsertAsync(Job(queue: "other"));
        var dispatch = await DispatchedAsync();
        var id = dispatch.Jobs[0].Id;
        await Ledger.ReportProgressAsync([new JobProgress(id, 40, "half"), new JobProgress(waiting, 1, null)], CancellationToken.None);

        Assert.Equal(new JobProgress(id, 40, "half"), (await FindAsync(id)).Progress);
        Assert.Null((await FindAsync(waiting)).Progress);
        await SettleAsync(dispatch, Ending.Completed);
        Assert.Null((await FindAsync(id)).Progress);
        await Ledger.ReportProgressAsync([], CancellationToken.None);
    }

    [Fact]
    public async Task Counts_tell_the_live_jobs_by_state_and_sum_the_endings_of_all_ledgers()
    {
        await using var second = Fixture.OpenAnother();
        await Ledger.InsertManyAsync([.. Jobs(6), Job() with { Delay = TimeSpan.FromHours(1) }], null, CancellationToken.None);
        var dispatches = await ClaimAsync(limit: 4, size: 1);
        await SettleAsync(dispatches[0], Ending.Completed);
        var other = Settled(dispatches[1], [Word(dispatches[1].Jobs[0], Ending.Completed)]);
        await second.SettleAsync([other], T0, CancellationToken.None);
        await SettleAsync(dispatches[2], Ending.DeadLettered, reason: "x");

        var counts = await CountsAsync();
        Assert.Equal((1, 2, 1, 4), (counts.Scheduled, counts.Ready, counts.Dispatched, counts.Live));
        Assert.Equal((2, 1, 0, 0), (counts.Succeeded, counts.DeadNow, counts.Cancelled, counts.Stale));
    }
}
