using Acme.Imaging;
using BusJobs.Coordinator;
using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Receiving;

public sealed class RivalIntakeTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task A_command_whose_key_is_in_an_open_transaction_waits_for_it_and_holds_up_nobody_else()
    {
        var stage = new Stage(postgres.ConnectionString, rabbit.Address, DataFolder: "", "busjobs");
        await using var story = await JobStory.StartAsync(stage, coordinator: options => options.Accept("urn:message:Acme.Imaging:ResizeImage", "test.scene"));
        await Eventually.HoldsAsync(() => story.Hosts[0].Services.GetRequiredService<CoordinatorHealth>().NotReady().Count == 0);
        await using var publisher = await Publisher.StartAsync(rabbit.Address);
        await using var connection = await postgres.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await story.Jobs.Within(transaction).EnqueueAsync(new Scene("pass"), new EnqueueOptions { Unique = Unique.WhileActive("held") });

        var keyed = await PublishAsync(publisher, key: "held");
        await Eventually.HoldsAsync(postgres.IsAnybodyLockedOutAsync);
        var (plain, other) = (await PublishAsync(publisher, key: null), await PublishAsync(publisher, key: "other"));
        await story.ReachesAsync(plain, LedgerState.Succeeded);
        await story.ReachesAsync(other, LedgerState.Succeeded);
        Assert.Null(await story.Ledger.FindAsync(keyed, CancellationToken.None));
        await transaction.RollbackAsync();
        await story.ReachesAsync(keyed, LedgerState.Succeeded);
    }

    private static async Task<Guid> PublishAsync(Publisher publisher, string? key)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await publisher.Endpoint.Publish(new ResizeImage("pass", 1), context =>
        {
            context.MessageId = id;
            if (key is not null)
            {
                context.Headers.Set("busjobs-unique", key);
            }
        });
        return id;
    }
}
