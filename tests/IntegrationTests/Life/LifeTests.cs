using BusJobs.IntegrationTests.Servers;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace BusJobs.IntegrationTests.Life;

public sealed class EmbeddedLifeTests : LifeContract
{
    private readonly Stage stage = Stage.Embedded();

    protected override Stage NewStage() => stage;

    protected override async Task<Guid> RolledBackAsync(JobStory story)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(stage.DataFolder, "busjobs.db")}");
        await connection.OpenAsync();
        await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync();
        var id = (await story.Jobs.Within(transaction).EnqueueAsync(new Scene("pass"))).Id!.Value;
        await transaction.RollbackAsync();
        return id;
    }
}

public sealed class ServerLifeTests(PostgresFixture postgres, RabbitFixture rabbit)
    : LifeContract, IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => postgres.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    protected override Stage NewStage() => new(postgres.ConnectionString, rabbit.Address, DataFolder: "", "busjobs");

    protected override async Task<Guid> RolledBackAsync(JobStory story)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var id = (await story.Jobs.Within(transaction).EnqueueAsync(new Scene("pass"))).Id!.Value;
        await transaction.RollbackAsync();
        return id;
    }
}
