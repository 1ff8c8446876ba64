using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Topology;

/// <summary>Consumers of one queue as processes: they share its work, and none of it is lost whoever comes and goes.</summary>
public sealed class ScaleTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private const string Batches = "forge.reindex-search";
    private const short Succeeded = 3;
    private static readonly DateTimeOffset Monday = new(2025, 3, 3, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task One_two_and_four_indexers_share_the_work_and_lose_nothing_when_one_stops_dies_or_joins()
    {
        await using var forge = await ForgeTopology.StartAsync(postgres, rabbit, filesPerBatch: 2);
        var first = forge.Start("indexer");
        await IndexAsync(forge, "one", whileRunning: _ => Task.CompletedTask, atLeast: 1);
        var second = forge.Start("indexer");
        await Eventually.HoldsAsync(() => second.Says("forge indexer at"));
        await IndexAsync(forge, "two", whileRunning: _ => Task.CompletedTask, atLeast: 2);
        await IndexAsync(forge, "four", whileRunning: async done =>
        {
            forge.Start("indexer");
            forge.Start("indexer");
            await done(40);
            await first.KillAsync();
            second.Terminate();
            await second.ExitAsync();
            Assert.Equal(0, second.ExitCode);
        }, atLeast: 3);
    }

    private static async Task IndexAsync(ForgeTopology forge, string name, Func<Func<int, Task>, Task> whileRunning, int atLeast)
    {
        var git = await forge.RepositoryAsync(name, commits: 20, files: 500, Monday);
        var before = (await forge.StatesAsync(Batches)).GetValueOrDefault(Succeeded);
        var since = TimeProvider.System.GetUtcNow();
        await forge.PostAsync($"/forge/repositories/acme/{name}/pushes", new { branch = "main" });
        await whileRunning(jobs => forge.HoldsAsync(async () => (await forge.StatesAsync(Batches)).GetValueOrDefault(Succeeded) >= before + jobs, $"{jobs} batches of {name} are done"));
        await forge.HoldsAsync(async () => (await forge.StatesAsync(Batches)) is var states && states.GetValueOrDefault(Succeeded) >= before + 250 && states.Count == 1, $"all batches of {name} are done");
        var shares = await forge.SharesAsync(Batches, since);
        Assert.True(shares.Count >= atLeast && shares.Values.Order().Reverse().Take(atLeast).All(share => share >= 250 / (atLeast * 5)), $"{name}: {string.Join(", ", shares)}");
        await ForgeTopologyTests.SearchEqualsGrepAsync(forge, git, name);
    }
}
