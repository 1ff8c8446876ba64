using BusJobs.FaultServer;
using BusJobs.IntegrationTests.Forge;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using Xunit.Abstractions;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>The embedded server, with its SQLite file and its bus in memory, is killed and started again on the same folder.</summary>
public sealed class EmbeddedDeathTests(ITestOutputHelper output)
{
    private const int Slots = 4;

    [Fact]
    public async Task Ten_thousand_jobs_survive_a_server_that_is_killed_among_them()
    {
        await using var stage = await FaultStage.EmbeddedAsync();
        var victim = stage.Start("all", "--slots", $"{Slots}");
        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, 10_000).Select(number => new Count(number)));
        await stage.RanAsync(2_000);
        await victim.KillAsync();
        var left = await stage.Ledger.CountsAsync(CancellationToken.None);
        Assert.NotEqual(0, left.Live);
        stage.Start("all", "--slots", $"{Slots}");
        await stage.AllEndAsync();

        var again = await stage.AllRanAsync(10_000);
        output.WriteLine($"{again.Count} of 10,000 jobs ran again, {left.Dispatched} were in flight");
        // A job that ran and whose settlement was not yet written was in flight.
        Assert.InRange(again.Count, 0, (int)left.Dispatched);
        Assert.All(again, runs => Assert.Equal(2, runs.Count()));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_when_the_server_is_killed_while_it_enqueues()
    {
        await using var stage = await FaultStage.EmbeddedAsync();
        var victim = stage.Start("all", "--enqueue", "1000000");
        await stage.HoldsAsync(() => Task.FromResult(stage.Acknowledged().Count >= 300), "300 jobs are acknowledged", 60);
        await victim.KillAsync();
        var acknowledged = stage.Acknowledged();
        stage.Start("all");
        await stage.AllEndAsync();

        var counts = await stage.Ledger.CountsAsync(CancellationToken.None);
        output.WriteLine($"{acknowledged.Count} acknowledged, {counts.Succeeded} ran");
        // One more may have been written whose acknowledgement had not yet been noted.
        Assert.InRange(counts.Succeeded, acknowledged.Count, acknowledged.Count + 1);
        var ran = stage.Runs().Select(run => run.Job).ToHashSet();
        Assert.All(acknowledged, job => Assert.Contains(job, ran));
    }

    [Fact]
    public async Task Batches_of_a_plan_that_wait_are_not_enqueued_again_by_a_server_that_was_killed()
    {
        const int batches = 40;
        const int kills = 2;
        var folder = Directory.CreateTempSubdirectory("busjobs-plan-").FullName;
        var git = await GitFolder.InitAsync(Path.Combine(folder, "repository"), "--initial-branch=main", "--bare");
        await git.ImportAsync(GeneratedHistory.Stream(commits: 1, files: batches * 32, new DateTimeOffset(2025, 3, 3, 0, 0, 0, TimeSpan.Zero)));
        await using (var ledger = LedgerRegistration.Open(new LedgerOptions { DataFolder = Path.Combine(folder, "data") }, TimeProvider.System))
        {
            for (var kill = 1; kill <= kills; kill++)
            {
                // Each job fails once, so that there is time to kill the server while they wait.
                await using var victim = Start(folder, "--faults", "1");
                Assert.Equal(kill > 1, (await victim.LineAsync("  plan    ")).EndsWith(" of them from before", StringComparison.Ordinal));
                await Eventually.HoldsAsync(async () => (await ledger.CountsAsync(CancellationToken.None)).Succeeded >= 5, TimeSpan.FromSeconds(60));
                await victim.KillAsync();
                Assert.NotEqual(0, (await ledger.CountsAsync(CancellationToken.None)).Live);
            }

            var before = (await ledger.CountsAsync(CancellationToken.None)).Succeeded;
            await using var last = Start(folder, "--once");
            await last.ExitAsync();
            var counts = await ledger.CountsAsync(CancellationToken.None);
            output.WriteLine($"{counts.Succeeded} jobs for {batches} batches");
            Assert.Equal((0, 0), (last.ExitCode, counts.DeadNow));
            Assert.True(last.Says($" 0 running, {counts.Succeeded - before} done, "), $"{counts.Succeeded - before}: {last}");
            // Of each plan, a batch may end between the look at the index and the enqueue: in each of two slots.
            Assert.InRange(counts.Succeeded, batches, batches + (2 * kills));
        }

        Directory.Delete(folder, recursive: true);

        static FaultProcess Start(string folder, params string[] more) => FaultProcess.Start(
            "BusJobs.Server.dll",
            ["--data", Path.Combine(folder, "data"), "--repo", Path.Combine(folder, "repository"), "--urls", "http://127.0.0.1:0", "--slots", "2", .. more],
            new Dictionary<string, string?> { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["BUSJOBS_DATABASE"] = "", ["BUSJOBS_RABBITMQ"] = "" });
    }
}
