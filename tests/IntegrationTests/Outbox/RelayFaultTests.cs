using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Outbox;

/// <summary>A relay while whole servers go and come back.</summary>
[Collection(ServerFaults.Name)]
public sealed class RelayFaultTests(PostgresShop shop, PostgresFixture postgres, RabbitFixture rabbit)
    : IClassFixture<PostgresShop>, IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>, IAsyncLifetime
{
    private readonly string prefix = $"t{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    public async Task InitializeAsync()
    {
        await shop.EmptyAsync();
        await postgres.EmptyAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task While_the_broker_is_away_jobs_wait_in_the_outbox_and_go_when_it_is_back()
    {
        await using var story = await StartAsync();
        await story.OrderManyAsync(100);
        await Eventually.HoldsAsync(async () => await shop.RowsAsync() == 0);
        await Faults.StopRabbitAppAsync();
        await story.OrderManyAsync(500);
        await Eventually.HoldsAsync(() => story.Jobs.Log.Warnings.Any(line => line.Message.Contains("handed over", StringComparison.Ordinal)), TimeSpan.FromSeconds(60));
        Assert.Equal(500, await shop.RowsAsync());
        await Faults.StartRabbitAppAsync();
        await Eventually.HoldsAsync(async () => await shop.RowsAsync() == 0, TimeSpan.FromSeconds(90));
        await Eventually.HoldsAsync(() => story.Jobs.Script.Played.Select(act => act.Job).Distinct().Count() == 600, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_database_that_crashes_loses_no_job_that_committed()
    {
        await using var story = await StartAsync();
        await story.OrderManyAsync(2_000);
        await Eventually.HoldsAsync(() => story.Relayed.Count > 100);
        await Faults.RestartPostgresAsync("immediate");
        await Eventually.HoldsAsync(async () => await shop.RowsAsync() == 0, TimeSpan.FromSeconds(90));
        await Eventually.HoldsAsync(() => story.Jobs.Script.Played.Select(act => act.Job).Distinct().Count() == 2_000, TimeSpan.FromSeconds(60));
    }

    private Task<ShopStory> StartAsync() => ShopStory.StartAsync(
        shop, new Stage(postgres.ConnectionString, rabbit.Address, DataFolder: "", prefix), options: options => (options.MaxClaim, options.MaxPack) = (100, 20));
}
