using BusJobs.FaultServer;
using BusJobs.IntegrationTests.Servers;
using Xunit.Abstractions;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>A job that kills whatever process runs it is found out, and its pack mates are not held responsible.</summary>
public abstract class CrashLoopContract(ITestOutputHelper output)
{
    [Fact]
    public async Task A_job_that_kills_its_process_three_times_is_dead_and_its_pack_mates_succeed()
    {
        await using var stage = await NewStageAsync();
        var victim = StartVictim(stage);
        // Jobs that are known to be quick travel in large packs.
        await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, 300).Select(_ => new Die(Deadly: false)));
        await stage.AllEndAsync();
        var jobs = Enumerable.Range(0, 21).Select(number => NewJob.From(new Die(Deadly: number == 0), options: null, TimeProvider.System)).ToList();
        await stage.Jobs.EnqueueManyAsync(jobs, CancellationToken.None);
        for (var deaths = 1; deaths <= Limits.MaxCrashes; deaths++)
        {
            var dying = victim;
            await stage.HoldsAsync(() => Task.FromResult(dying.HasExited), $"death {deaths}", 60);
            victim = StartVictim(stage);
        }

        await stage.AllEndAsync();
        var dead = await stage.FindAsync(jobs[0].Id);
        Assert.Equal(LedgerState.Dead, dead.State);
        Assert.StartsWith("crash-loop", dead.Reason, StringComparison.Ordinal);
        Assert.Equal((Limits.MaxCrashes, Limits.MaxCrashes), (dead.Crashes, dead.Fence));
        Assert.Equal(Limits.MaxCrashes, stage.Runs().Count(run => run.Job == dead.Id));
        var mates = await Task.WhenAll(jobs.Skip(1).Select(job => stage.FindAsync(job.Id)));
        Assert.All(mates, mate => Assert.Equal((LedgerState.Succeeded, 1), (mate.State, mate.Attempts)));
        var shared = mates.Count(mate => mate.Crashes > 0);
        output.WriteLine($"{shared} mates were in a process that died, {mates.Count(mate => mate.Crashes > 1)} of them twice");
        Assert.NotEqual(0, shared);
        Assert.False(victim.HasExited);
    }

    internal abstract Task<FaultStage> NewStageAsync();

    /// <summary>Starts the process that runs the jobs.</summary>
    internal abstract FaultProcess StartVictim(FaultStage stage);
}

public sealed class EmbeddedCrashLoopTests(ITestOutputHelper output) : CrashLoopContract(output)
{
    internal override Task<FaultStage> NewStageAsync() => FaultStage.EmbeddedAsync();

    internal override FaultProcess StartVictim(FaultStage stage) => stage.Start("all");
}

public sealed class ServerCrashLoopTests(PostgresFixture postgres, RabbitFixture rabbit, ITestOutputHelper output)
    : CrashLoopContract(output), IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    internal override async Task<FaultStage> NewStageAsync()
    {
        var stage = await FaultStage.OnServersAsync(postgres, rabbit);
        stage.Start("coordinator");
        return stage;
    }

    internal override FaultProcess StartVictim(FaultStage stage) => stage.Start("worker");
}
