using System.Diagnostics;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger.Schedules;
using Xunit.Abstractions;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>Of two scheduler processes, the one that has taken every look so far is killed.</summary>
public sealed class SchedulerDeathTests(PostgresFixture postgres, RabbitFixture rabbit, ITestOutputHelper output)
    : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    /// <summary>Ten, and what a busy machine adds.</summary>
    private const int Seconds = 25;

    [Fact]
    public async Task A_scheduler_that_is_killed_is_followed_soon_and_each_time_fires_once()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit);
        var victim = stage.Start("scheduler");
        await FiredAsync(stage, atLeast: 3, seconds: 60);
        var heir = stage.Start("scheduler");
        await stage.HoldsAsync(() => Task.FromResult(heir.Says("The clock is up")), "the second scheduler is up", 60);
        await victim.KillAsync();

        var (killedAt, before) = (Stopwatch.GetTimestamp(), (await FiresAsync(stage)).Count);
        await FiredAsync(stage, before + 2, Seconds);
        output.WriteLine($"followed after {Stopwatch.GetElapsedTime(killedAt).TotalSeconds:0.0} s");
        var fires = await FiresAsync(stage);
        Assert.Equal(fires.Count, fires.Select(fire => fire.NominalAt).Distinct().Count());
        Assert.Equal(fires.Count, fires.Select(fire => fire.JobId).Distinct().Count());
    }

    private static Task FiredAsync(FaultStage stage, int atLeast, int seconds) =>
        stage.HoldsAsync(async () => (await FiresAsync(stage)).Count >= atLeast, $"{atLeast} fires", seconds);

    private static Task<IReadOnlyList<FireRecord>> FiresAsync(FaultStage stage) =>
        ((IScheduleStore)stage.Ledger).FiresAsync("tick", before: null, 1_000, CancellationToken.None);
}
