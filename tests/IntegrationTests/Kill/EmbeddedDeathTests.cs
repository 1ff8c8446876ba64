using BusJobs.FaultServer;
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
}
