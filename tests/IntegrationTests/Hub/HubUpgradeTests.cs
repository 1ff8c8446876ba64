using BusJobs.IntegrationTests.Servers;
using Forge;
using Forge.Hub;
using Forge.Hub.Migrations;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>The hub's tables, made and taken over by its migrations.</summary>
public sealed class HubUpgradeTests : IAsyncLifetime
{
    private const string PostgresShape =
        """
        select concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, is_identity) as "Value"
        from information_schema.columns where table_schema = 'hub' and table_name <> 'migration'
        union all select indexdef from pg_indexes where schemaname = 'hub' and tablename <> 'migration'
        union all select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace = 'hub'::regnamespace and conrelid::regclass::text <> 'hub.migration'
        """;

    private const string SqliteShape = "select sql as Value from sqlite_master where sql is not null and tbl_name not in ('migration', 'sqlite_sequence')";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("forge-upgrade-");
    private readonly List<string> databases = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        SqliteConnection.ClearAllPools();
        foreach (var database in databases)
        {
            await PostgresServer.ExecuteAsync($"drop database \"{database}\" with (force)");
        }

        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_migrations_make_the_tables_of_the_model(bool postgres)
    {
        var (modelled, migrated) = (await NewAsync(postgres), await NewAsync(postgres));
        await using (var old = Open(modelled))
        {
            await old.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => MigrateAsync(migrated)));
        Assert.Equal(await ShapeAsync(modelled), await ShapeAsync(migrated));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tables_of_a_build_without_migrations_are_taken_over_with_their_rows(bool postgres)
    {
        var database = await NewAsync(postgres);
        await using (var old = Open(database))
        {
            await old.Database.ExecuteSqlRawAsync(postgres ? "create schema hub; " + PostgresTables.Sql : SqliteTables.Sql);
            old.Add(new HubRepository { Org = "acme", Name = "kept", Path = "/kept", DefaultBranch = "main" });
            await old.SaveChangesAsync();
        }

        await MigrateAsync(database);
        await MigrateAsync(database);
        await using var hub = Open(database);
        Assert.Equal("kept", (await hub.Repositories.SingleAsync()).Name);
        Assert.Equal(hub.Database.GetMigrations(), await hub.Database.GetAppliedMigrationsAsync());
    }

    private static HubContext Open(ForgeOptions options)
    {
        var builder = new DbContextOptionsBuilder<HubContext>();
        ForgeRegistration.UseDatabase(builder, options);
        return new HubContext(builder.Options);
    }

    private static async Task MigrateAsync(ForgeOptions options)
    {
        await using var hub = Open(options);
        await HubSchema.MigrateAsync(hub, CancellationToken.None);
    }

    private static async Task<List<string>> ShapeAsync(ForgeOptions options)
    {
        await using var hub = Open(options);
        var lines = await hub.Database.SqlQueryRaw<string>(options.Database is null ? SqliteShape : PostgresShape).ToListAsync();
        Assert.NotEmpty(lines);
        return [.. lines.Select(line => string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).Order(StringComparer.Ordinal)];
    }

    /// <summary>A database without tables.</summary>
    private async Task<ForgeOptions> NewAsync(bool postgres)
    {
        var name = $"test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";
        if (!postgres)
        {
            return new ForgeOptions { DataFolder = folder.CreateSubdirectory(name).FullName };
        }

        databases.Add(name);
        await PostgresServer.ExecuteAsync($"create database \"{name}\"");
        return new ForgeOptions { Database = PostgresServer.ConnectionStringTo(name) + ";Pooling=False" };
    }
}
