using Npgsql;

namespace BusJobs.IntegrationTests.Servers;

/// <summary>The server that holds the databases of all test classes.</summary>
internal static class PostgresServer
{
    // Making a class's database is no test's subject: a machine that stands still for a while fails no class.
    private const int PatienceSeconds = 120;

    public static string ConnectionStringTo(string database) =>
        new NpgsqlConnectionStringBuilder(ServerAddresses.Database) { Database = database, IncludeErrorDetail = true }.ConnectionString;

    /// <summary>A connection outside the pool: an idle one would hold up CREATE DATABASE ... TEMPLATE and DROP DATABASE.</summary>
    public static async Task<NpgsqlConnection> OpenAsync(string database = "postgres")
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionStringTo(database)) { Pooling = false, Timeout = PatienceSeconds, CommandTimeout = PatienceSeconds };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch (NpgsqlException error)
        {
            await connection.DisposeAsync();
            throw new InvalidOperationException(
                $"PostgreSQL does not answer at {settings.Host}:{settings.Port}: run tests/run.sh, or tests/servers.sh up.", error);
        }
    }

    public static async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using var connection = await OpenAsync(database);
        await ExecuteAsync(connection, sql);
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
