using BusJobs.IntegrationTests.Servers;
using Forge;

namespace BusJobs.IntegrationTests.Forge;

public sealed class SqliteSearchIndexTests() : SearchIndexContract(ForgeRegistration.IndexOf);

public sealed class PostgresSearchIndexTests(PostgresFixture postgres)
    : SearchIndexContract(options => ForgeRegistration.IndexOf(options with { Database = postgres.ConnectionString })), IClassFixture<PostgresFixture>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await using var command = postgres.DataSource.CreateCommand("drop schema if exists forge cascade");
        await command.ExecuteNonQueryAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
