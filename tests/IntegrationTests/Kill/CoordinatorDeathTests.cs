using BusJobs.FaultServer;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using Xunit.Abstractions;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>A coordinator process is killed among ten thousand jobs.</summary>
public sealed class CoordinatorDeathTests(PostgresFixture postgres, RabbitFixture rabbit, ITestOutputHelper output)
    : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    /// <summary>So many that most of them are left by the time that the first thousands are seen to have run, however slow whoever looks is.</summary>
    private const int Jobs = 20_000;

    // Longer than a busy machine makes any worker wait, so that none is taken for dead.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task A_coordinator_that_is_killed_and_started_again_finishes_what_was_under_way()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit, Lease);
        var victim = stage.Start("coordinator");
        stage.Start("worker");
        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, Jobs).Select(number => new Count(number)));
        await stage.RanAsync(2_000);
        await victim.KillAsync();
        Assert.NotEqual(0, (await stage.Ledger.CountsAsync(CancellationToken.None)).Live);
        stage.Start("coordinator");
        await stage.AllEndAsync();

        await OnlyOnceAsync(stage);
    }

    [Fact]
    public async Task One_of_two_coordinators_is_killed_and_the_other_goes_on_with_three_workers()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit, Lease);
        var victim = stage.Start("coordinator");
        stage.Start("coordinator");
        for (var i = 0; i < 3; i++)
        {
            stage.Start("worker");
        }

        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, Jobs).Select(number => new Count(number)));
        await stage.RanAsync(2_000);
        await victim.KillAsync();
        Assert.NotEqual(0, (await stage.Ledger.CountsAsync(CancellationToken.None)).Live);
        await stage.AllEndAsync();

        await OnlyOnceAsync(stage);
    }

    [Fact]
    public async Task Coordinator_and_worker_are_killed_at_once_and_only_what_the_worker_held_runs_again()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit);
        var coordinator = stage.Start("coordinator");
        var worker = stage.Start("worker", "--slots", "4");
        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, Jobs).Select(number => new Count(number)));
        await stage.RanAsync(2_000);
        await Task.WhenAll(worker.KillAsync(), coordinator.KillAsync());
        Assert.NotEqual(0, (await stage.Ledger.CountsAsync(CancellationToken.None)).Live);
        // The new coordinator has never heard of the worker that died.
        stage.Start("coordinator");
        stage.Start("worker", "--slots", "4");
        await stage.AllEndAsync();

        var again = await stage.AllRanAsync(Jobs);
        output.WriteLine($"{again.Count} of {Jobs:N0} jobs ran again");
        Assert.All(again, runs => Assert.Equal(2, runs.Count()));
        // Eight packs are a worker's prefetch with four slots.
        Assert.InRange(again.Count, 0, 8 * 100);
    }

    [Fact]
    public async Task Coordinators_that_are_killed_amid_chains_under_a_limit_that_is_far_leave_nothing_stuck_and_nothing_runs_twice()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit, Lease);
        await stage.Ledger.SetLimitAsync(
            new DispatchLimit(LimitScope.Kind, "fault.count") { MaxRunning = 100_000, Rate = new Rate(Rate.MaxStarts, TimeSpan.FromSeconds(1)) }, CancellationToken.None);
        var keys = new List<List<Guid?>>();
        for (var key = 0; key < 40; key++)
        {
            var jobs = await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, Jobs / 40).Select(number => new Count(number)), new EnqueueOptions { SerialKey = $"key {key}" });
            keys.Add([.. jobs.Select(job => job.Id)]);
        }

        stage.Start("worker");
        foreach (var ran in (int[])[1_000, 2_000, 3_000])
        {
            var victim = stage.Start("coordinator");
            await stage.RanAsync(ran);
            await victim.KillAsync();
            Assert.NotEqual(0, (await stage.Ledger.CountsAsync(CancellationToken.None)).Live);
        }

        stage.Start("coordinator");
        await stage.AllEndAsync();
        await OnlyOnceAsync(stage);
        var places = stage.Runs().Index().ToDictionary(run => run.Item.Job, run => run.Index);
        Assert.All(keys, ids => Assert.Equal(ids.OrderBy(id => places[id!.Value]), ids));
    }

    /// <summary>The workers live and their settlements wait on the broker, so there is no reason to run anything twice.</summary>
    private async Task OnlyOnceAsync(FaultStage stage)
    {
        var again = await stage.AllRanAsync(Jobs);
        output.WriteLine($"{again.Count} of {Jobs:N0} jobs ran again");
        Assert.Empty(again);
    }
}
