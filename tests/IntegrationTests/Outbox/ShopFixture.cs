using System.Data.Common;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Outbox;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BusJobs.IntegrationTests.Outbox;

/// <summary>A producer's database of its own for one test class, and what differs between databases.</summary>
public abstract class ShopFixture : IAsyncLifetime
{
    public abstract void Use(DbContextOptionsBuilder options);

    public abstract Task<DbConnection> ConnectAsync();

    public ShopContext NewContext()
    {
        var options = new DbContextOptionsBuilder<ShopContext>();
        Use(options);
        return new ShopContext(options.Options);
    }

    internal IOutboxTable OpenTable()
    {
        using var context = NewContext();
        return OutboxTables.Of(context, TimeProvider.System);
    }

    public async Task EmptyAsync()
    {
        await ExecuteAsync("delete from busjobs_outbox");
        await ExecuteAsync("""delete from "Orders" """);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T?> ReadAsync<T>(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync() is { } value and not DBNull ? (T)Convert.ChangeType(value, typeof(T)) : default;
    }

    public Task<int> RowsAsync() => ReadAsync<int>("select count(*) from busjobs_outbox");

    public virtual async Task InitializeAsync()
    {
        await using var context = NewContext();
        await context.Database.EnsureCreatedAsync();
    }

    public abstract Task DisposeAsync();
}

public sealed class SqliteShop : ShopFixture
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("busjobs-shop-");

    private string ConnectionString => $"Data Source={Path.Combine(folder.FullName, "shop.db")};Pooling=False";

    public override void Use(DbContextOptionsBuilder options) => options.UseSqlite(ConnectionString);

    public override async Task<DbConnection> ConnectAsync()
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public override Task DisposeAsync()
    {
        folder.Delete(recursive: true);
        return Task.CompletedTask;
    }
}

public sealed class PostgresShop : ShopFixture
{
    private readonly string name = $"test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    public string ConnectionString => PostgresServer.ConnectionStringTo(name);

    public override void Use(DbContextOptionsBuilder options) => options.UseNpgsql(ConnectionString);

    public override async Task<DbConnection> ConnectAsync()
    {
        // Not from a pool: a story that cuts all connections but its own would get one that it has cut before.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public override async Task InitializeAsync()
    {
        await PostgresServer.ExecuteAsync($"create database \"{name}\"");
        await base.InitializeAsync();
    }

    public override Task DisposeAsync() => PostgresServer.ExecuteAsync($"drop database if exists \"{name}\" with (force)");
}
