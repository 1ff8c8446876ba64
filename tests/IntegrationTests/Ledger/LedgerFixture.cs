using System.Data.Common;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Model;
using BusJobs.Ledger.Postgres;
using BusJobs.Ledger.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>A migrated ledger of its own for one test class, and what differs between databases.</summary>
public abstract class LedgerFixture : IAsyncLifetime
{
    public ILedger Ledger { get; private set; } = null!;

    /// <summary>True when tables have a prefix, false when they have a schema.</summary>
    public abstract bool IsSqlite { get; }

    public abstract string? Database { get; }

    public abstract ILedger OpenAnother();

    public abstract Task<DbConnection> ConnectAsync();

    public abstract Task EmptyAsync();

    public abstract void Use(DbContextOptionsBuilder options, DbConnection? connection = null);

    internal abstract LedgerContext NewContext();

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public string Table(string name) => IsSqlite ? $"busjobs_{name}" : $"busjobs.{name}";

    public virtual async Task InitializeAsync()
    {
        Ledger = OpenAnother();
        await Ledger.MigrateAsync(CancellationToken.None);
    }

    public virtual async Task DisposeAsync() => await Ledger.DisposeAsync();
}

public sealed class SqliteLedgerFixture : LedgerFixture
{
    private static readonly string[] Emptied =
    [
        "job", "dispatch", "attempt", "follow_up", "tally", "held_key", "key_generation", "door_limit", "door_minute",
        "pause", "dispatch_limit", "recent_starts", "rules",
        "schedule", "fire", "calendar", "service", "service_run", "report", "audit",
    ];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("busjobs-ledger-");

    public override bool IsSqlite => true;

    public override string? Database => null;

    public string File => Path.Combine(folder.FullName, "busjobs.db");

    public override ILedger OpenAnother() => new SqliteLedger(File);

    public override async Task<DbConnection> ConnectAsync()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        await connection.OpenAsync();
        return connection;
    }

    public override Task EmptyAsync() => ExecuteAsync(string.Concat(Emptied.Select(table => $"delete from busjobs_{table};")));

    public override void Use(DbContextOptionsBuilder options, DbConnection? connection = null) =>
        _ = connection is null ? options.UseSqlite($"Data Source={File};Pooling=False") : options.UseSqlite(connection);

    internal override LedgerContext NewContext() =>
        new SqliteLedgerContext(new DbContextOptionsBuilder<SqliteLedgerContext>().UseSqlite($"Data Source={File};Pooling=False").Options);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Delete(recursive: true);
    }
}

public sealed class PostgresLedgerFixture : LedgerFixture
{
    private readonly PostgresFixture postgres = new();

    public override bool IsSqlite => false;

    public override string? Database => postgres.ConnectionString;

    public override ILedger OpenAnother() => PostgresLedger.Open(postgres.ConnectionString, TimeProvider.System);

    public override async Task<DbConnection> ConnectAsync() => await postgres.DataSource.OpenConnectionAsync();

    public override Task EmptyAsync() => postgres.EmptyAsync();

    public override void Use(DbContextOptionsBuilder options, DbConnection? connection = null) =>
        _ = connection is null ? options.UseNpgsql(postgres.ConnectionString) : options.UseNpgsql(connection);

    internal override LedgerContext NewContext() =>
        new PostgresLedgerContext(new DbContextOptionsBuilder<PostgresLedgerContext>().UseNpgsql(postgres.ConnectionString).Options);

    public override async Task InitializeAsync()
    {
        await postgres.InitializeAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await postgres.DisposeAsync();
    }
}
