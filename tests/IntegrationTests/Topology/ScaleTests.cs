using BusJobs.IntegrationTests.Kill;
using BusJobs.IntegrationTests.Servers;
using Xunit.Abstractions;

namespace BusJobs.IntegrationTests.Topology;

/// <summary>Consumers of one queue as processes: they share its work evenly, and none of it is lost whoever comes and goes.</summary>
public sealed class ScaleTests(PostgresFixture postgres, RabbitFixture rabbit, ITestOutputHelper output) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private const string Batches = "forge.reindex-search";
    private const short Succeeded = 3;
    private static readonly DateTimeOffset Monday = new(2025, 3, 3, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task One_two_and_four_indexers_share_the_work_and_lose_nothing_when_one_stops_dies_or_joins()
    {
        await using var forge = await ForgeTopology.StartAsync(postgres, rabbit, filesPerBatch: 2);
        List<FaultProcess> indexers = [];
        await JoinAsync(1);
        var alone = await IndexAsync(forge, "one", batches: 30);
        Assert.Equal(30, Assert.Single(alone).Value);

        // Who has just started compiles what it runs for the first time, and does less than its part meanwhile.
        await JoinAsync(1);
        await IndexAsync(forge, "two-first", batches: 20);
        Even(await IndexAsync(forge, "two", batches: 80), workers: 2, percent: 25);

        await JoinAsync(2);
        await IndexAsync(forge, "four-first", batches: 40);
        Even(await IndexAsync(forge, "four", batches: 160), workers: 4, percent: 12);

        await IndexAsync(forge, "few", batches: 120, async done =>
        {
            await done(20);
            var joining = JoinAsync(1);
            await indexers[0].KillAsync();
            indexers[1].Terminate();
            await indexers[1].ExitAsync();
            Assert.Equal(0, indexers[1].ExitCode);
            await joining;
        });

        async Task JoinAsync(int count)
        {
            var joining = Enumerable.Range(0, count).Select(_ => forge.Start("indexer")).ToList();
            indexers.AddRange(joining);
            await forge.HoldsAsync(() => Task.FromResult(joining.TrueForAll(indexer => indexer.Says(" serves search; "))), $"{count} more are up");
        }
    }

    private void Even(IReadOnlyDictionary<string, long> shares, int workers, int percent)
    {
        output.WriteLine($"{workers}: {string.Join(", ", shares.Values.Order())}");
        Assert.Equal(workers, shares.Count);
        Assert.All(shares.Values, share => Assert.True(share * 100 >= shares.Values.Sum() * percent, $"{share} of {shares.Values.Sum()} is less than {percent} %."));
    }

    /// <returns>How many batches each worker did.</returns>
    private async Task<Dictionary<string, long>> IndexAsync(ForgeTopology forge, string name, int batches, Func<Func<int, Task>, Task>? whileRunning = null)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        var git = await forge.RepositoryAsync(name, commits: 1, files: batches * 2, Monday);
        var before = (await forge.StatesAsync(Batches)).GetValueOrDefault(Succeeded);
        var since = TimeProvider.System.GetUtcNow();
        await forge.PostAsync($"/forge/repositories/acme/{name}/pushes", new { branch = "main" });
        await (whileRunning?.Invoke(jobs => forge.HoldsAsync(async () => (await forge.StatesAsync(Batches)).GetValueOrDefault(Succeeded) >= before + jobs, $"{jobs} batches of {name} are done"))
            ?? Task.CompletedTask);
        await forge.HoldsAsync(async () => (await forge.StatesAsync(Batches)) is var states && states.GetValueOrDefault(Succeeded) == before + batches && states.Count == 1, $"all batches of {name} are done");
        await ForgeTopologyTests.SearchEqualsGrepAsync(forge, git, name);
        output.WriteLine($"{name}: {TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds:0.0} s");
        return await forge.SharesAsync(Batches, since);
    }
}
