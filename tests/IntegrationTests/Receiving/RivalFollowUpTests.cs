using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Receiving;

public sealed class RivalFollowUpTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task A_success_whose_follow_up_waits_for_an_open_transaction_holds_up_no_other_settlement_and_no_pulse()
    {
        // A lease that the waiting does not outlast, so that the job runs once.
        var stage = new Stage(postgres.ConnectionString, rabbit.Address, DataFolder: "", "busjobs") { Lease = TimeSpan.FromSeconds(30) };
        await using var story = await JobStory.StartAsync(stage);
        await using var connection = await postgres.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await story.Jobs.Within(transaction).EnqueueAsync(new Scene("pass"), new EnqueueOptions { Unique = Unique.WhileActive("key 1") });

        var held = (await story.Jobs.EnqueueAsync(new Scene("follow up by key", 1))).Id!.Value;
        await Eventually.HoldsAsync(postgres.IsAnybodyLockedOutAsync);
        foreach (var number in Enumerable.Range(2, 6))
        {
            await story.ReachesAsync((await story.Jobs.EnqueueAsync(new Scene("follow up by key", number))).Id!.Value, LedgerState.Succeeded);
        }

        Assert.Equal(LedgerState.Dispatched, (await story.Ledger.FindAsync(held, CancellationToken.None))!.State);
        await transaction.RollbackAsync();
        await story.ReachesAsync(held, LedgerState.Succeeded);
        Assert.Single(story.Script.Played, act => act.Job == held);
        await Eventually.HoldsAsync(async () => (await story.Ledger.CountsAsync(CancellationToken.None)).Succeeded == 14, TimeSpan.FromSeconds(30));
    }
}
