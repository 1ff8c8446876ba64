using BusJobs.Ledger;
using Npgsql;

namespace BusJobs.Benchmarks.Servers;

/// <summary>A migrated database for one run, dropped with all its connections afterwards.</summary>
internal sealed class OwnDatabase : IAsyncDisposable
{
    private readonly string server;
    private readonly string name = $"busjobs_bench_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    private OwnDatabase(string server) => this.server = server;

    public string ConnectionString => new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;

    /// <exception cref="JobRefusedException">The connection string is not one.</exception>
    public static async Task<OwnDatabase> CreateAsync(string server, CancellationToken cancellationToken)
    {
        // Opening a ledger checks the string without showing it.
        await using var check = LedgerRegistration.Open(new LedgerOptions { Database = server }, TimeProvider.System);
        var database = new OwnDatabase(server);
        await ExecuteAsync(server, $"create database {database.name}", cancellationToken);
        try
        {
            await using var ledger = database.OpenLedger();
            await ledger.MigrateAsync(cancellationToken);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public ILedger OpenLedger() => LedgerRegistration.Open(new LedgerOptions { Database = ConnectionString }, TimeProvider.System);

    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) => ExecuteAsync(ConnectionString, sql, cancellationToken);

    public async Task<long> ReadAsync(string sql, CancellationToken cancellationToken) => Convert.ToInt64(await ReadAsync<object>(sql, cancellationToken));

    public async Task<T> ReadAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(ConnectionString, cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async ValueTask DisposeAsync() => await ExecuteAsync(server, $"drop database if exists {name} with (force)", CancellationToken.None);

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(connectionString, cancellationToken);
        // Two million rows are made in one statement.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
