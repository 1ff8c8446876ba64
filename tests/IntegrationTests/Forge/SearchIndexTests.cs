using BusJobs.IntegrationTests.Servers;
using Forge;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace BusJobs.IntegrationTests.Forge;

public sealed class SqliteSearchIndexTests() : SearchIndexContract(ForgeRegistration.IndexOf)
{
    [Fact]
    public async Task An_index_that_somebody_has_locked_is_waited_for()
    {
        await using var story = await ForgeStory.StartAsync();
        var batch = await story.OneBatchAsync();
        await using var other = new SqliteConnection($"Data Source={Path.Combine(story.Options.DataFolder!, "forge.db")};Pooling=False");
        await other.OpenAsync();
        Task run;
        await using (other.BeginTransaction())
        {
            run = Task.Run(() => story.RunAsync(batch));
            await Assert.ThrowsAsync<TimeoutException>(() => run.WaitAsync(TimeSpan.FromMilliseconds(500)));
        }

        await run;
        Assert.Equal([("a", 1)], await story.FindAsync("find me"));
    }
}

public sealed class PostgresSearchIndexTests(PostgresFixture postgres)
    : SearchIndexContract(options => ForgeRegistration.IndexOf(options with { Database = postgres.ConnectionString })), IClassFixture<PostgresFixture>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await using var command = postgres.DataSource.CreateCommand("drop schema if exists forge cascade");
        await command.ExecuteNonQueryAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_index_that_stays_locked_fails_the_attempt_and_the_next_one_goes_through()
    {
        await using var story = await ForgeStory.StartAsync(options => ForgeRegistration.IndexOf(options with { Database = postgres.ConnectionString + ";Command Timeout=1" }));
        var batch = await story.OneBatchAsync();
        await using (var other = await postgres.DataSource.OpenConnectionAsync())
        {
            await using var transaction = await other.BeginTransactionAsync();
            await using var command = new NpgsqlCommand("lock table forge.file in access exclusive mode", other, transaction);
            await command.ExecuteNonQueryAsync();
            await Assert.ThrowsAsync<NpgsqlException>(() => story.RunAsync(batch));
        }

        await story.RunAsync(batch, attempt: 2);
        Assert.Equal([("a", 1)], await story.FindAsync("find me"));
    }
}
