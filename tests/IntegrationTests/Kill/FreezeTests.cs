using BusJobs.FaultServer;
using BusJobs.IntegrationTests.Faulty;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>Processes that stand still for some seconds, as those of a machine do that is moved, or short of memory.</summary>
public sealed class FreezeTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private const int Rounds = 4;
    private const int Jobs = 400;

    [Fact]
    public async Task A_coordinator_and_a_worker_that_freeze_again_and_again_until_the_broker_cuts_them_off_come_back_each_time()
    {
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit, lease: TimeSpan.FromSeconds(2));
        var saboteur = new Saboteur(rabbit);
        FaultProcess[] processes = [stage.Start("coordinator"), stage.Start("worker", "--slots", "8")];
        for (var round = 1; round <= Rounds; round++)
        {
            await stage.Jobs.EnqueueManyAsync(Enumerable.Range(0, Jobs).Select(_ => new Sleep(20)));
            await stage.RanAsync((Jobs * (round - 1)) + 50);
            Array.ForEach(processes, process => process.Freeze());
            foreach (var queue in (string[])[$"{stage.Prefix}.default", $"{stage.Prefix}:settlements"])
            {
                await Eventually.HoldsAsync(async () => await saboteur.ConsumersAsync(queue) == 0);
            }

            Array.ForEach(processes, process => process.Thaw());
            await stage.AllEndAsync();
        }

        await stage.AllRanAsync(Rounds * Jobs);
    }
}
