using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

public sealed class RivalTests(PostgresLedgerFixture fixture) : ApiContract(fixture), IClassFixture<PostgresLedgerFixture>
{
    private const string Held = """{"kind": "test.job", "payload": 1, "unique": {"key": "held"}}""";

    [Fact]
    public async Task A_caller_whose_key_is_in_an_open_transaction_waits_for_it_and_holds_up_nobody_else()
    {
        await using var connection = await Fixture.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var rival = NewJob.From("test.job", "default", "1", new EnqueueOptions { Unique = Unique.WhileActive("held") }, TimeProvider.System);
        await Story.Ledger.InsertAsync(rival, transaction, CancellationToken.None);

        var waiting = Story.PostAsync("/api/jobs", Held);
        for (var i = 0; i < 20; i++)
        {
            await Story.EnqueueAsync();
            await Story.EnqueueAsync($$""", "unique": {"key": "other-{{i}}"}""");
        }

        Assert.False(waiting.IsCompleted);
        await transaction.RollbackAsync();
        var (status, answer) = await waiting;
        Assert.Equal((202, "enqueued"), (status, answer.GetProperty("status").GetString()));
        Assert.NotEqual(rival.Id, answer.GetProperty("id").GetGuid());
    }
}
