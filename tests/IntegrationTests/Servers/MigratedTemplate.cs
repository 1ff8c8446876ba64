using BusJobs.Ledger.Postgres;
using Npgsql;

namespace BusJobs.IntegrationTests.Servers;

/// <summary>
/// The database that all others are cloned from. It is migrated once per process, because an older process may have run
/// other migrations, and cloning takes milliseconds where migrating takes seconds.
/// </summary>
internal static class MigratedTemplate
{
    // Held while a template is made, so that two processes do not drop the same leftovers. Cloning needs no lock:
    // PostgreSQL lets many clone one database as long as nobody is connected to it.
    private const long TemplateLock = 0x42_75_73_4A_6F_62_73;

    private static readonly string Name = $"busjobs_template_{Environment.ProcessId}";

    private static readonly Lazy<Task> Made = new(MakeAsync);

    /// <summary>Brings an empty database, named by its connection string, to the newest schema.</summary>
    private static async Task Migrate(string connectionString)
    {
        await using var ledger = PostgresLedger.Open(connectionString, TimeProvider.System);
        await ledger.MigrateAsync(CancellationToken.None);
    }

    public static async Task CloneAsync(string name)
    {
        await Made.Value;
        await PostgresServer.ExecuteAsync($"create database \"{name}\" template \"{Name}\"");
    }

    private static async Task MakeAsync()
    {
        await using var connection = await PostgresServer.OpenAsync();
        await PostgresServer.ExecuteAsync(connection, $"select pg_advisory_lock({TemplateLock})");
        await DropLeftoversAsync(connection);
        await PostgresServer.ExecuteAsync(connection, $"drop database if exists \"{Name}\" with (force)");
        await PostgresServer.ExecuteAsync(connection, $"create database \"{Name}\"");
        var settings = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionStringTo(Name)) { Pooling = false };
        await Migrate(settings.ConnectionString);
        await PostgresServer.ExecuteAsync(connection, $"select pg_advisory_unlock({TemplateLock})");
    }

    /// <summary>Templates of processes that have ended, and databases of tests that were killed, would pile up on a developer's machine.</summary>
    private static async Task DropLeftoversAsync(NpgsqlConnection connection)
    {
        var leftovers = new List<string>();
        await using (var command = new NpgsqlCommand("""
            select datname from pg_database d
            where (datname like 'busjobs\_template\_%' or datname like 'test\_%')
              and not exists (select from pg_stat_activity a where a.datname = d.datname)
              -- One that is dropped at this moment has no file any more.
              and (pg_stat_file('base/' || d.oid || '/PG_VERSION', true)).modification < now() - interval '2 hours'
            """, connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                leftovers.Add(reader.GetString(0));
        }

        foreach (var name in leftovers)
            await PostgresServer.ExecuteAsync(connection, $"drop database if exists \"{name}\"");
    }
}
