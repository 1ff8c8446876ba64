using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Rules;

public abstract class SerialContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static NewJob Keyed(string key = "repo:1") => Job() with { SerialKey = key };

    private async Task<List<Guid>> AddKeyedAsync(int count, string key = "repo:1")
    {
        var jobs = Enumerable.Range(0, count).Select(_ => Keyed(key)).ToList();
        await AddAsync(jobs);
        return jobs.ConvertAll(job => job.Id);
    }

    /// <summary>Claims until a claim starts jobs or moves none.</summary>
    private async Task<List<Dispatch>> ClaimNextAsync(Lane lane = Lane.Normal)
    {
        Claimed claim;
        do
        {
            claim = await Ledger.ClaimAsync(Queue, lane, 100, PacksOf(1), T0, None);
        }
        while (claim is { Moved: > 0, Dispatches: [] });

        return [.. claim.Dispatches];
    }

    private async Task<Dispatch> OnlyAsync(Guid expected, Lane lane = Lane.Normal)
    {
        var dispatch = Assert.Single(await ClaimNextAsync(lane));
        Assert.Equal(expected, Assert.Single(dispatch.Jobs).Id);
        Assert.Empty(await ClaimNextAsync());
        return dispatch;
    }

    [Fact]
    public async Task Jobs_of_a_key_start_one_by_one_in_the_order_in_which_they_were_enqueued()
    {
        var ids = await AddKeyedAsync(20);
        foreach (var id in ids)
        {
            await SettleAsync(await OnlyAsync(id), Ending.Completed);
        }

        Assert.Equal(20, (await CountsAsync()).Succeeded);
    }

    [Fact]
    public async Task While_one_waits_for_its_retry_its_successors_wait_too_and_other_keys_and_jobs_go_on()
    {
        var ids = await AddKeyedAsync(3);
        await SettleAsync(await OnlyAsync(ids[0]), Ending.RetryAt, delayMs: 60_000);
        Assert.Empty(await ClaimNextAsync());
        var (other, free) = (await InsertAsync(Keyed("repo:2")), await InsertAsync());
        Assert.Equal(new[] { other, free }.Order(), (await ClaimNextAsync()).SelectMany(dispatch => dispatch.Jobs).Select(job => job.Id).Order());

        await Ledger.PromoteAsync(10, T0.AddMinutes(2), None);
        await SettleAsync(await OnlyAsync(ids[0]), Ending.RetryAt);
        await SettleAsync(await OnlyAsync(ids[0]), Ending.Completed);
        await OnlyAsync(ids[1]);
    }

    [Theory]
    [InlineData(Ending.Completed)]
    [InlineData(Ending.DeadLettered)]
    [InlineData(Ending.Cancelled)]
    public async Task Whichever_way_one_ends_for_good_the_next_may_start(Ending ending)
    {
        var ids = await AddKeyedAsync(2);
        await SettleAsync(await OnlyAsync(ids[0]), ending);
        await OnlyAsync(ids[1]);
    }

    [Fact]
    public async Task A_waiting_job_that_is_cancelled_leaves_the_order_of_the_others_as_it_is()
    {
        var ids = await AddKeyedAsync(4);
        var first = await OnlyAsync(ids[0]);
        await Ledger.CancelAsync(ids[1], T0, None);
        await Ledger.CancelAsync(ids[3], T0, None);
        Assert.Empty(await ClaimNextAsync());
        await SettleAsync(first, Ending.Completed);
        await SettleAsync(await OnlyAsync(ids[2]), Ending.Completed);
        Assert.Equal(0, (await CountsAsync()).Live);
    }

    [Fact]
    public async Task A_lost_job_runs_again_before_its_successors()
    {
        var ids = await AddKeyedAsync(2);
        await Ledger.ReclaimAsync([(await OnlyAsync(ids[0])).Id], crashed: true, T0, None);
        Assert.Empty(await ClaimNextAsync());
        await SettleAsync(await OnlyAsync(ids[0], Lane.Suspect), Ending.Completed);
        await OnlyAsync(ids[1]);
    }

    [Fact]
    public async Task A_settlement_that_comes_too_late_lets_no_successor_start()
    {
        var ids = await AddKeyedAsync(2);
        var late = await OnlyAsync(ids[0]);
        // The successor stands behind it now.
        Assert.Empty(await ClaimNextAsync());
        await Ledger.ReclaimAsync([late.Id], crashed: true, T0, None);
        var again = await OnlyAsync(ids[0], Lane.Suspect);
        Assert.Equal(1, (await SettleAsync(late, Ending.Completed)).Stale);
        Assert.Empty(await ClaimNextAsync());
        await SettleAsync(again, Ending.Completed);
        await OnlyAsync(ids[1]);
    }

    [Fact]
    public async Task What_ends_together_lets_the_next_of_each_key_start()
    {
        List<Guid> seconds = [];
        foreach (var key in (string[])["a", "b", "c"])
        {
            seconds.Add((await AddKeyedAsync(3, key))[1]);
        }

        var firsts = await ClaimNextAsync();
        Assert.Equal(3, firsts.Count);
        Assert.Empty(await ClaimNextAsync());
        await Ledger.SettleAsync([.. firsts.Select(pack => Settled(pack, [.. pack.Jobs.Select(job => Word(job, Ending.Completed))]))], T0, None);
        Assert.Equal(seconds.Order(), (await ClaimNextAsync()).SelectMany(pack => pack.Jobs).Select(job => job.Id).Order());
    }

    [Fact]
    public async Task A_redriven_job_waits_for_the_one_that_runs_and_goes_before_those_that_wait()
    {
        var ids = await AddKeyedAsync(3);
        await SettleAsync(await OnlyAsync(ids[0]), Ending.DeadLettered);
        var second = await OnlyAsync(ids[1]);
        await Ledger.RedriveAsync(new DeadFilter(ids[0]), T0, None);
        Assert.Empty(await ClaimNextAsync());

        await SettleAsync(second, Ending.RetryAt, delayMs: 60_000);
        await SettleAsync(await OnlyAsync(ids[0]), Ending.Completed);
        await Ledger.PromoteAsync(10, T0.AddMinutes(2), None);
        await SettleAsync(await OnlyAsync(ids[1]), Ending.Completed);
        await OnlyAsync(ids[2]);
    }

    [Fact]
    public async Task Thousands_of_jobs_behind_one_are_looked_at_once_each_and_hide_nobody()
    {
        var ids = await AddKeyedAsync(1_000);
        var other = await InsertAsync(Keyed("repo:2"));
        var moved = 0;
        var started = new List<Guid>();
        for (var looks = 0; looks < 20; looks++)
        {
            var claim = await Ledger.ClaimAsync(Queue, Lane.Normal, 100, PacksOf(10), T0, None);
            moved += claim.Moved;
            started.AddRange(claim.Dispatches.SelectMany(dispatch => dispatch.Jobs).Select(job => job.Id));
        }

        Assert.Equal([ids[0], other], started);
        Assert.Equal(999, moved);
        Assert.Equal((999, 2), ((await CountsAsync()).Ready, (await CountsAsync()).Dispatched));
    }

    [Fact]
    public async Task A_job_is_kept_with_its_key()
    {
        Assert.Equal("repo:1", (await FindAsync(await InsertAsync(Keyed()))).SerialKey);
        Assert.Equal("repo:2", (await FindAsync((await AddKeyedAsync(60, "repo:2"))[59])).SerialKey);
    }
}
