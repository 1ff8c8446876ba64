using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>One server for the tests of a class, and an empty ledger for each.</summary>
public abstract class ApiContract(LedgerFixture fixture) : IAsyncLifetime
{
    protected LedgerFixture Fixture => fixture;

    private protected ApiStory Story { get; private set; } = null!;

    /// <summary>Claims what may start now.</summary>
    /// <returns>How many jobs did.</returns>
    private protected async Task<int> StartedAsync() => (await Story.Ledger.ClaimAsync(
        "default", Lane.Normal, 10, LedgerContract.PacksOf(10), now: null, CancellationToken.None)).Dispatches.Sum(dispatch => dispatch.Jobs.Count);

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        Story = await StartAsync();
    }

    private protected virtual Task<ApiStory> StartAsync() => ApiStory.StartAsync(fixture);

    public async Task DisposeAsync() => await Story.DisposeAsync();
}
