using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Rules;

public abstract class LimitContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static DispatchLimit OfKind(int? running = null, Rate? rate = null, string name = Kind) =>
        new(LimitScope.Kind, name) { MaxRunning = running, Rate = rate };

    private static DispatchLimit OfTenant(string name, int running) => new(LimitScope.Tenant, name) { MaxRunning = running };

    private async Task<int> CountAsync(int limit = 1000, DateTimeOffset? now = null) =>
        (await Ledger.ClaimAsync(Queue, Lane.Normal, limit, PacksOf(100), now ?? T0, None)).Dispatches.Sum(dispatch => dispatch.Jobs.Count);

    [Fact]
    public async Task Limits_are_kept_replaced_and_taken_away()
    {
        var limit = OfKind(5, new Rate(100, TimeSpan.FromMinutes(1)));
        await Ledger.SetLimitAsync(limit, None);
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Tenant, "acme") { Weight = 3 }, None);
        Assert.Equal([limit, new DispatchLimit(LimitScope.Tenant, "acme") { Weight = 3 }], await Ledger.LimitsAsync(None));

        await Ledger.SetLimitAsync(OfKind(6), None);
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Tenant, "acme"), None);
        Assert.Equal([OfKind(6)], await Ledger.LimitsAsync(None));
    }

    [Fact]
    public async Task A_declared_limit_is_written_when_it_is_new_or_another_and_leaves_what_was_set_since()
    {
        await Ledger.DeclareLimitsAsync([OfKind(5)], None);
        Assert.Equal([OfKind(5)], await Ledger.LimitsAsync(None));
        await Ledger.SetLimitAsync(OfKind(2), None);
        await Ledger.DeclareLimitsAsync([OfKind(5)], None);
        Assert.Equal([OfKind(2)], await Ledger.LimitsAsync(None));
        await Ledger.DeclareLimitsAsync([OfKind(7)], None);
        Assert.Equal([OfKind(7)], await Ledger.LimitsAsync(None));
    }

    [Theory]
    [InlineData(0, 1, 1, null, "maxRunning")]
    [InlineData(1, 0, 1, null, "rate.starts")]
    [InlineData(1, 1, 0, null, "rate.per")]
    [InlineData(1, 1, 1, 1, "weight")]
    public async Task A_limit_outside_its_bounds_is_refused(int running, int starts, int seconds, int? weight, string field)
    {
        var limit = OfKind(running, new Rate(starts, TimeSpan.FromSeconds(seconds))) with { Weight = weight };
        Assert.Equal(field, (await Assert.ThrowsAsync<JobRefusedException>(() => Ledger.SetLimitAsync(limit, None))).Field);
        Assert.Empty(await Ledger.LimitsAsync(None));
    }

    [Fact]
    public async Task No_more_jobs_of_a_kind_run_than_its_limit_and_every_way_to_end_gives_the_place_back()
    {
        await AddAsync(Jobs(20));
        await Ledger.SetLimitAsync(OfKind(5), None);
        var running = (await ClaimAsync(size: 1)).ToList();
        Assert.Equal(5, running.Count);
        Assert.Equal(0, await CountAsync());

        await SettleAsync(running[0], Ending.Completed);
        await SettleAsync(running[1], Ending.RetryAt, delayMs: 60_000);
        await SettleAsync(running[2], Ending.DeadLettered);
        await Ledger.ReclaimAsync([running[3].Id], crashed: false, T0, None);
        await Ledger.ReturnAsync([running[4].Id], "no route", TimeSpan.Zero, T0, None);
        Assert.Equal(5, await CountAsync());
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_limit_that_was_far_is_kept_to_the_last_place_when_it_comes_near()
    {
        await AddAsync(Jobs(300));
        await Ledger.SetLimitAsync(OfKind(150), None);
        var first = (await Ledger.ClaimAsync(Queue, Lane.Normal, 100, PacksOf(50), T0, None)).Dispatches;
        Assert.Equal(100, first.Sum(dispatch => dispatch.Jobs.Count));
        await SettleAsync(first[0], Ending.Completed);
        Assert.Equal(100, await CountAsync());
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_limit_counts_what_ran_before_it_was_set_and_one_that_is_raised_lets_more_start_at_once()
    {
        await AddAsync(Jobs(20));
        Assert.Equal(4, await CountAsync(limit: 4));
        await Ledger.SetLimitAsync(OfKind(6), None);
        Assert.Equal(2, await CountAsync());
        await Ledger.SetLimitAsync(OfKind(9), None);
        Assert.Equal(3, await CountAsync());
        await Ledger.SetLimitAsync(OfKind(), None);
        Assert.Equal(11, await CountAsync());
    }

    [Fact]
    public async Task Jobs_of_an_unlimited_kind_pass_those_of_one_that_is_full()
    {
        await AddAsync(Jobs(300));
        await Ledger.SetLimitAsync(OfKind(1), None);
        Assert.Equal(1, await CountAsync(limit: 50));
        var free = await InsertAsync(Job(kind: "test.free"));
        var claimed = new List<Dispatch>();
        while (await Ledger.ClaimAsync(Queue, Lane.Normal, 50, PacksOf(10), T0, None) is var claim && (claim.Moved > 0 || claim.Dispatches.Count > 0))
        {
            claimed.AddRange(claim.Dispatches);
        }

        Assert.Equal(free, Assert.Single(Assert.Single(claimed).Jobs).Id);
    }

    [Fact]
    public async Task A_tenant_has_its_own_limit_or_that_of_each_and_a_kind_and_a_tenant_limit_hold_together()
    {
        await AddAsync([.. from tenant in new[] { "a", "b", "c" } from _ in Enumerable.Range(0, 10) select Job() with { Tenant = tenant }]);
        await Ledger.SetLimitAsync(OfTenant(DispatchLimit.Each, 2), None);
        await Ledger.SetLimitAsync(OfTenant("b", 4), None);
        var claimed = (await ClaimAsync()).SelectMany(dispatch => dispatch.Jobs).CountBy(job => job.Tenant!).OrderBy(tenant => tenant.Key);
        Assert.Equal([("a", 2), ("b", 4), ("c", 2)], claimed.Select(tenant => (tenant.Key, tenant.Value)));

        await Ledger.SetLimitAsync(OfTenant("b", 10), None);
        await Ledger.SetLimitAsync(OfKind(9), None);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_rate_lets_so_many_start_in_any_period_and_tells_when_the_next_may()
    {
        await AddAsync(Jobs(100));
        await Ledger.SetLimitAsync(OfKind(rate: new Rate(10, TimeSpan.FromMinutes(1))), None);
        Assert.Equal(6, await CountAsync(limit: 6));
        Assert.Equal(4, await CountAsync(now: T0.AddSeconds(30)));
        var held = await Ledger.ClaimAsync(Queue, Lane.Normal, 100, PacksOf(10), T0.AddSeconds(31), None);
        Assert.Empty(held.Dispatches);
        Assert.InRange(held.Opens!.Value, TimeSpan.FromSeconds(28), TimeSpan.FromSeconds(31));

        Assert.Equal(0, await CountAsync(now: T0.AddSeconds(58)));
        Assert.Equal(6, await CountAsync(now: T0.AddSeconds(31) + held.Opens.Value));
        Assert.Equal(4, await CountAsync(now: T0.AddSeconds(92)));
    }

    [Fact]
    public async Task A_job_tells_what_holds_it()
    {
        var first = Job() with { SerialKey = "repo:1" };
        var job = Job() with { Tenant = "acme", SerialKey = "repo:1" };
        await AddAsync([first, job]);
        Assert.Equal([new Hold.Behind("repo:1", first.Id, LedgerState.Ready)], await Ledger.WhyAsync(job.Id, T0, None));
        Assert.Empty((await Ledger.WhyAsync(first.Id, T0, None))!);
        await ClaimAsync();
        await Ledger.SetLimitAsync(OfKind(1, new Rate(1, TimeSpan.FromHours(1))), None);
        await Ledger.PauseAsync(PauseScope.Tenant, "acme", "ann", "invoice", T0, None);

        Assert.Equal(
            [
                new Hold.Paused(new Pause(PauseScope.Tenant, "acme", "ann", "invoice", T0)),
                new Hold.Full(OfKind(1, new Rate(1, TimeSpan.FromHours(1))), 1),
                new Hold.Behind("repo:1", first.Id, LedgerState.Dispatched),
            ],
            await Ledger.WhyAsync(job.Id, T0, None));
        Assert.Empty((await Ledger.WhyAsync(first.Id, T0, None))!);
        Assert.Null(await Ledger.WhyAsync(NewId(), T0, None));
    }

    [Fact]
    public async Task A_job_tells_when_its_rate_lets_it_start()
    {
        var jobs = Jobs(2);
        await AddAsync(jobs);
        await Ledger.SetLimitAsync(OfKind(rate: new Rate(1, TimeSpan.FromHours(1))), None);
        var started = Assert.Single(Assert.Single(await ClaimAsync()).Jobs).Id;
        var held = Assert.IsType<Hold.TooSoon>(Assert.Single((await Ledger.WhyAsync(jobs.Single(job => job.Id != started).Id, T0, None))!));
        Assert.InRange(held.OpensAt, T0.AddMinutes(59), T0.AddMinutes(62));
    }
}
