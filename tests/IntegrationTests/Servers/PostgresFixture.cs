using Npgsql;

namespace BusJobs.IntegrationTests.Servers;

/// <summary>A migrated PostgreSQL database of its own for one test class: <c>IClassFixture&lt;PostgresFixture&gt;</c>.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly string _name = $"test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    public string ConnectionString { get; private set; } = "";

    /// <summary>Opens pooled connections to <see cref="ConnectionString"/>; it is closed before the database is dropped.</summary>
    public NpgsqlDataSource DataSource { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await MigratedTemplate.CloneAsync(_name);
        ConnectionString = PostgresServer.ConnectionStringTo(_name);
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>Whether somebody waits for a lock in this database.</summary>
    public async Task<bool> IsAnybodyLockedOutAsync()
    {
        await using var look = DataSource.CreateCommand("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
        return await look.ExecuteScalarAsync() is not null;
    }

    /// <summary>Empties every table of the <c>busjobs</c> schema, for tests of a class that count rows.</summary>
    public async Task EmptyAsync()
    {
        await using var command = DataSource.CreateCommand("""
            do $$
            declare tables text;
            begin
                select string_agg(format('%I.%I', schemaname, tablename), ', ') into tables
                from pg_tables where schemaname = 'busjobs' and tablename not ilike '%migration%';
                if tables is not null then execute 'truncate ' || tables || ' restart identity cascade'; end if;
            end $$
            """);
        await command.ExecuteNonQueryAsync();
    }

    public async Task DisposeAsync()
    {
        if (DataSource is not null)
            await DataSource.DisposeAsync();
        await PostgresServer.ExecuteAsync($"drop database if exists \"{_name}\" with (force)");
    }
}
