using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Api;

public sealed class HostEndTests(SqliteLedgerFixture fixture) : IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task A_host_that_has_ended_is_let_go_of_by_the_process()
    {
        var ended = await UseAsync();
        await Eventually.HoldsAsync(() =>
        {
            GC.Collect();
            return Task.FromResult(!ended.IsAlive);
        });
    }

    /// <returns>Its services, by which everything of it is held.</returns>
    private async Task<WeakReference> UseAsync()
    {
        await using var story = await ApiStory.StartAsync(fixture);
        Assert.Equal(200, (await story.GetAsync("/api/queues")).Status);
        using var metrics = await story.Http.GetAsync("/metrics");
        Assert.True(metrics.IsSuccessStatusCode);
        return new WeakReference(story.Services);
    }
}
