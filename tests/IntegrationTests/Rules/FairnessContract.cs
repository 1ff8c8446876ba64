using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Rules;

public abstract class FairnessContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    private Task AddOfAsync(string? tenant, int count, byte priority = 100) =>
        AddAsync([.. Jobs(count).Select(job => job with { Tenant = tenant, Priority = priority })]);

    /// <summary>How many jobs of each tenant one claim started.</summary>
    private async Task<Dictionary<string, int>> StartedAsync(int limit) =>
        (await ClaimAsync(limit)).SelectMany(dispatch => dispatch.Jobs).CountBy(job => job.Tenant ?? "").ToDictionary();

    [Fact]
    public async Task A_tenant_with_many_jobs_delays_the_first_of_another_by_no_more_than_one_claim()
    {
        await AddOfAsync("big", 5_000);
        await StartedAsync(100);
        await AddOfAsync("small", 1, priority: 255);
        await AddOfAsync("other", 1, priority: 255);

        var started = await StartedAsync(100);
        Assert.Equal((1, 1), (started["small"], started["other"]));
        Assert.True(started["big"] > 30);
    }

    [Fact]
    public async Task Tenants_get_shares_by_their_weights()
    {
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Tenant, "b") { Weight = 3 }, None);
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Tenant, "c") { Weight = 6 }, None);
        foreach (var tenant in new[] { "a", "b", "c" })
        {
            await AddOfAsync(tenant, 400);
        }

        var total = new Dictionary<string, int> { ["a"] = 0, ["b"] = 0, ["c"] = 0 };
        foreach (var limit in new[] { 100, 1, 7, 3, 1, 1, 50, 37 })
        {
            foreach (var (tenant, count) in await StartedAsync(limit))
            {
                total[tenant] += count;
            }
        }

        Assert.Equal(200, total.Values.Sum());
        Assert.Equal((20, 60, 120), (total["a"], total["b"], total["c"]));
    }

    [Fact]
    public async Task In_a_claim_the_first_jobs_of_all_tenants_go_before_the_second_of_any()
    {
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Tenant, "heavy") { Weight = 2 }, None);
        foreach (var tenant in new[] { "early", "heavy", "late" })
        {
            await AddOfAsync(tenant, 10);
        }

        var order = (await ClaimAsync(12)).SelectMany(dispatch => dispatch.Jobs).Select(job => job.Tenant).ToList();
        Assert.All(order.Chunk(4), round => Assert.Equal(["early", "heavy", "heavy", "late"], round.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Where_only_one_job_may_start_at_a_time_each_tenant_has_its_turn()
    {
        for (var tenant = 0; tenant < 10; tenant++)
        {
            await AddOfAsync($"t{tenant}", 3);
        }

        var order = new List<string>();
        for (var turn = 0; turn < 20; turn++)
        {
            order.Add(Assert.Single(await StartedAsync(1)).Key);
        }

        Assert.Equal(order.Take(10), order.Skip(10));
        Assert.Equal(10, order.Distinct().Count());
    }

    [Fact]
    public async Task Within_a_tenant_priority_holds_over_its_kinds_and_jobs_without_a_tenant_share_as_one()
    {
        var late = await InsertAsync(Job(kind: "test.a") with { Tenant = "a", Priority = 200 });
        var soon = await InsertAsync(Job(kind: "test.b") with { Tenant = "a", Priority = 1 });
        await AddOfAsync(tenant: null, 10);

        var first = (await ClaimAsync(limit: 2)).SelectMany(dispatch => dispatch.Jobs).ToList();
        Assert.Contains(first, job => job.Id == soon);
        Assert.Contains(first, job => job.Tenant is null);
        Assert.Equal(LedgerState.Ready, await StateAsync(late));
        var rest = await StartedAsync(100);
        Assert.Equal(1, rest["a"]);
    }

    [Fact]
    public async Task More_tenants_than_a_claim_has_places_are_all_served_in_turn()
    {
        await AddAsync([.. from number in Enumerable.Range(0, 500) from _ in Enumerable.Range(0, 2) select Job() with { Tenant = $"tenant-{number}" }]);
        var served = new List<string>();
        for (var claim = 0; claim < 10; claim++)
        {
            served.AddRange((await StartedAsync(50)).Keys);
        }

        Assert.Equal(500, served.Distinct().Count());
    }
}
