using BusJobs.FaultServer;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Wire;
using Xunit.Abstractions;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>A worker process is killed, frozen or asked to go, and its jobs run elsewhere.</summary>
public sealed class WorkerDeathTests(PostgresFixture postgres, RabbitFixture rabbit, ITestOutputHelper output)
    : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private const int Slots = 4;

    /// <summary>What a worker of these slots can hold: its prefetch, in the largest packs.</summary>
    private const int Held = (Slots + 4) * 100;

    [Fact]
    public async Task Ten_thousand_jobs_survive_a_worker_that_is_killed_among_them_and_only_what_it_held_runs_again()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit);
        stage.Start("coordinator");
        var victim = stage.Start("worker", "--slots", $"{Slots}");
        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, 10_000).Select(number => new Count(number)));
        await stage.RanAsync(2_000);
        await victim.KillAsync();
        Assert.NotEqual(0, (await stage.Ledger.CountsAsync(CancellationToken.None)).Live);
        stage.Start("worker", "--slots", $"{Slots}");
        await stage.AllEndAsync();

        var again = await stage.AllRanAsync(10_000);
        output.WriteLine($"{again.Count} of 10,000 jobs ran again");
        Assert.InRange(again.Count, 0, Held);
        Assert.All(again, runs => Assert.Equal(2, runs.Count()));
        Assert.All(again, runs => Assert.Contains(runs, run => run.Process == victim.Id && run.Fence == 1));
    }

    [Fact]
    public async Task Keys_keep_their_order_when_a_worker_is_killed_in_the_middle_of_their_chains()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit);
        var keys = new Dictionary<string, List<Guid?>>();
        for (var key = 0; key < 20; key++)
        {
            var jobs = await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, 150).Select(number => new Count(number)), new EnqueueOptions { SerialKey = $"key {key}" });
            keys.Add($"key {key}", [.. jobs.Select(job => job.Id)]);
        }

        stage.Start("coordinator");
        var victim = stage.Start("worker", "--slots", $"{Slots}");
        await stage.RanAsync(600);
        await victim.KillAsync();
        Assert.NotEqual(0, (await stage.Ledger.CountsAsync(CancellationToken.None)).Live);
        stage.Start("worker", "--slots", $"{Slots}");
        stage.Start("worker", "--slots", $"{Slots}");
        await stage.AllEndAsync();

        var again = await stage.AllRanAsync(3_000);
        output.WriteLine($"{again.Count} of 3,000 jobs ran again");
        // On a slow machine a chain takes longer than it may, and the rest of it has been given back unstarted before: the fence may be higher than 1.
        Assert.All(again, runs => Assert.Equal(victim.Id, runs.MinBy(run => run.Fence)!.Process));
        foreach (var process in stage.Runs().GroupBy(run => run.Process))
        {
            foreach (var ids in keys.Values)
            {
                var places = process.Select(run => ids.IndexOf(run.Job)).Where(place => place >= 0).ToList();
                Assert.Equal(places.Distinct().Order(), places);
            }
        }
    }

    [Fact]
    public async Task The_jobs_of_a_frozen_worker_run_elsewhere_and_what_it_says_when_it_thaws_changes_nothing()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit);
        stage.Start("coordinator");
        var frozen = stage.Start("worker", "--slots", $"{Slots}");
        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, Slots).Select(_ => new Sleep(1_000)));
        await stage.RanAsync(Slots);
        frozen.Freeze();
        var other = stage.Start("worker", "--slots", $"{Slots}");
        await stage.AllEndAsync();
        var before = await Task.WhenAll(stage.Runs().Select(run => run.Job).Distinct().Select(stage.FindAsync));

        frozen.Thaw();
        await stage.HoldsAsync(
            async () => frozen.Says("the lease is lost") || (await stage.Ledger.CountsAsync(CancellationToken.None)).Stale > 0, "the frozen worker noticed, or was too late", 60);
        // Whatever it still had to say has been said once it takes work again, alone.
        await other.KillAsync();
        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, 100).Select(number => new Count(number)));
        await stage.AllEndAsync();

        var noticed = (await stage.Ledger.CountsAsync(CancellationToken.None)).Stale;
        output.WriteLine($"{noticed} late settlements of the frozen worker's own");
        output.WriteLine($"fences {string.Join(' ', before.Select(job => job.Fence))}");
        // It may have noticed its lost lease first and said nothing; so the same words are sent once more for sure.
        await stage.SettleAsync(new Settled
        {
            DispatchId = before[0].Id, Worker = "late", Kind = "fault.sleep", Queue = Names.DefaultQueue, Last = true,
            Jobs = [.. before.Select(job => new Settlement(job.Id, Fence: 1, Ending.DeadLettered) { Reason = "late" })],
        });
        await stage.HoldsAsync(
            async () => (await stage.Ledger.CountsAsync(CancellationToken.None)).Stale == noticed + Slots, "late settlements are counted", 30);
        Assert.Equal(Slots + 100, (await stage.Ledger.CountsAsync(CancellationToken.None)).Succeeded);
        Assert.Equal(Slots, before.Length);
        foreach (var job in before)
        {
            // The broker may have given the second dispatch to the frozen worker too; that one came back, and is nobody's crash.
            Assert.Equal((LedgerState.Succeeded, 1, 1), (job.State, job.Attempts, job.Crashes));
            Assert.InRange(job.Fence, 2, 3);
            var after = await stage.FindAsync(job.Id);
            Assert.Equal((job.State, job.Attempts, job.Fence, job.FinishedAt), (after.State, after.Attempts, after.Fence, after.FinishedAt));
            Assert.Single(after.History, attempt => attempt.Ending == Ending.Completed);
        }
    }

    [Theory]
    [InlineData(25_000, 2)]
    [InlineData(500, 0)]
    public async Task A_worker_that_is_asked_to_end_gives_its_jobs_back_at_once_and_no_attempt_is_burnt(int drain, int finishedByItself)
    {
        // No job of the worker that goes may have to wait for this.
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit, lease: TimeSpan.FromMinutes(2));
        stage.Start("coordinator");
        var leaving = stage.Start("worker", "--slots", "2", "--drain", $"{drain}");
        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, 12).Select(_ => new Sleep(3_000)));
        await stage.RanAsync(2);
        var asked = TimeProvider.System.GetTimestamp();
        leaving.Terminate();
        stage.Start("worker", "--slots", "12");
        await leaving.ExitAsync();
        var gone = TimeProvider.System.GetElapsedTime(asked);
        await stage.AllEndAsync(seconds: 90);
        output.WriteLine($"gone after {gone.TotalSeconds:0.0} s, all ended after {TimeProvider.System.GetElapsedTime(asked).TotalSeconds:0.0} s");

        Assert.Equal(0, leaving.ExitCode);
        var runs = stage.Runs();
        Assert.Equal(12, runs.DistinctBy(run => run.Job).Count());
        Assert.Equal(12 + 2 - finishedByItself, runs.Count);
        Assert.Equal(2, runs.Count(run => run.Process == leaving.Id));
        Assert.All(runs, run => Assert.Equal(1, run.Attempt));
        foreach (var job in runs.DistinctBy(run => run.Job))
        {
            var record = await stage.FindAsync(job.Job);
            Assert.Equal((LedgerState.Succeeded, 1, 0), (record.State, record.Attempts, record.Crashes));
        }
    }
}
