using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Rules;

public sealed partial class PostgresChainTests
{
    [Fact]
    public async Task A_limit_that_is_set_meanwhile_counts_a_chain_as_one_that_runs()
    {
        await AddKeyedAsync(5);
        var chain = Assert.Single(await ClaimPacksAsync());
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Kind, Kind) { MaxRunning = 2 }, None);
        var others = await AddKeyedAsync(5, "repo:2");
        await AddKeyedAsync(1, "repo:3");
        Assert.Equal([others[0]], (await ClaimJobsAsync()).Select(job => job.Id));
        Assert.Empty(await ClaimPacksAsync());
        await SettleAsync(chain, Ending.Completed);
        Assert.Single(await ClaimPacksAsync());
    }

    [Fact]
    public async Task Where_a_rate_leaves_room_for_all_a_chain_starts_and_each_of_it_is_a_start()
    {
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Kind, Kind) { Rate = new Rate(120, TimeSpan.FromMinutes(1)) }, None);
        var ids = await AddKeyedAsync(5);
        Assert.Equal(ids, (await ClaimJobsAsync()).Select(job => job.Id));
        await AddAsync([.. Enumerable.Range(0, 120).Select(_ => Job())]);
        Assert.Equal(115, (await ClaimJobsAsync(limit: 200)).Count);
        Assert.Empty(await ClaimPacksAsync());
    }

    [Theory]
    [InlineData(50, null)]
    [InlineData(null, 50)]
    public async Task Where_a_limit_is_near_the_jobs_of_a_key_travel_one_by_one(int? running, int? starts)
    {
        await Ledger.SetLimitAsync(
            new DispatchLimit(LimitScope.Kind, Kind) { MaxRunning = running, Rate = starts is { } most ? new Rate(most, TimeSpan.FromMinutes(1)) : null }, None);
        var ids = await AddKeyedAsync(5);
        Assert.Equal([ids[0]], (await ClaimJobsAsync(limit: 100)).Select(job => job.Id));
    }
}
