using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>Jobs that are of no use once some time has passed.</summary>
public abstract class AgeContract(LedgerFixture fixture) : AdmissionContract(fixture)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_tenants_job_that_did_not_start_in_time_is_never_dispatched_either()
    {
        await EnqueuedAsync(Job() with { MaxAge = Hour, Tenant = "acme" });
        var old = await EnqueuedAsync(Job() with { Tenant = "acme" });

        var claimed = await Ledger.ClaimAsync(Queue, BusJobs.Ledger.Lane.Normal, 10, PacksOf(10), T0.AddHours(2), CancellationToken.None);
        Assert.Equal(old, Assert.Single(Assert.Single(claimed.Dispatches).Jobs).Id);
    }

    [Fact]
    public async Task A_job_that_did_not_start_in_time_is_never_dispatched_and_ends_expired()
    {
        var id = await EnqueuedAsync(Job() with { MaxAge = Hour });
        var old = await EnqueuedAsync(Job());

        var claimed = await Ledger.ClaimAsync(Queue, BusJobs.Ledger.Lane.Normal, 10, PacksOf(10), T0.AddHours(2), CancellationToken.None);
        Assert.Equal(old, Assert.Single(Assert.Single(claimed.Dispatches).Jobs).Id);
        Assert.Equal(1, await Ledger.SweepAsync(10, T0.AddHours(2), CancellationToken.None));
        var found = await FindAsync(id);
        Assert.Equal((LedgerState.Expired, T0.AddHours(2), "not started in time", 0), (found.State, found.FinishedAt, found.Reason, found.Attempts));
        Assert.Equal((1, 1), ((await CountsAsync()).Expired, (await CountsAsync()).Live));
    }

    [Fact]
    public async Task A_job_that_starts_in_time_may_run_for_longer()
    {
        var dispatch = await DispatchedAsync(Job() with { MaxAge = Hour });

        Assert.Equal(0, await Ledger.SweepAsync(10, T0.AddHours(2), CancellationToken.None));
        await SettleAsync(dispatch, Ending.Completed);
        Assert.Equal(LedgerState.Succeeded, await StateAsync(dispatch.Jobs[0].Id));
    }

    [Fact]
    public async Task Its_age_counts_from_when_it_is_due()
    {
        var id = await EnqueuedAsync(Job() with { MaxAge = Hour, Delay = 2 * Hour });

        Assert.Equal((await FindAsync(id)).RunAt + Hour, (await FindAsync(id)).ExpiresAt);
        Assert.Equal(0, await Ledger.SweepAsync(10, T0.AddHours(2.5), CancellationToken.None));
        Assert.Equal(1, await Ledger.SweepAsync(10, T0.AddHours(4), CancellationToken.None));
    }

    [Fact]
    public async Task A_retry_that_would_come_too_late_does_not_come()
    {
        var dispatch = await DispatchedAsync(Job() with { MaxAge = Hour });
        await SettleAsync(dispatch, Ending.RetryAt, delayMs: 1_000, reason: "x");

        Assert.Equal(1, await Ledger.SweepAsync(10, T0.AddHours(2), CancellationToken.None));
        Assert.Equal(LedgerState.Expired, await StateAsync(dispatch.Jobs[0].Id));
    }

    [Fact]
    public async Task An_expired_job_frees_its_key_and_many_are_swept_by_the_limit()
    {
        var keyed = await EnqueuedAsync(Keyed("a") with { MaxAge = Hour });
        await Ledger.InsertManyAsync([.. Enumerable.Range(0, 99).Select(_ => Job() with { MaxAge = Hour })], null, CancellationToken.None);

        Assert.Equal(60, await Ledger.SweepAsync(60, T0.AddHours(2), CancellationToken.None));
        Assert.Equal(40, await Ledger.SweepAsync(60, T0.AddHours(2), CancellationToken.None));
        Assert.Equal((LedgerState.Expired, 100), (await StateAsync(keyed), (await CountsAsync()).Expired));
        await EnqueuedAsync(Keyed("a"));
    }
}
