using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace Forge.Hub;

/// <summary>Brings the hub's tables to this build's shape, whoever of several processes comes first. Who may make no tables finds that they are there.</summary>
public static class HubSchema
{
    /// <summary>Which migrations have been applied.</summary>
    internal const string HistoryTable = "migration";

    /// <summary>Beside the search index's own, which is one less.</summary>
    private const long Lock = 7022027;

    public static async Task MigrateAsync(HubContext hub, CancellationToken cancellationToken)
    {
        if (hub.Database.IsSqlite())
        {
            // Readers and the one writer do not wait for each other. It stays with the file.
            await hub.Database.ExecuteSqlRawAsync("pragma journal_mode = wal", cancellationToken);
        }

        if (!(await hub.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
        {
            return;
        }

        // One transaction under a lock that ends with it: one that is killed halfway leaves nothing behind.
        await using var transaction = await hub.Database.BeginTransactionAsync(cancellationToken);
        if (!hub.Database.IsSqlite())
        {
            await hub.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({Lock})", cancellationToken);
        }

        if (!await HasTableAsync(hub, HistoryTable, cancellationToken))
        {
            await BeginHistoryAsync(hub, cancellationToken);
        }

        await ApplyAsync(hub, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The tables that a build without migrations made from its model are those of the first migration.</summary>
    private static async Task BeginHistoryAsync(HubContext hub, CancellationToken cancellationToken)
    {
        var history = hub.GetService<IHistoryRepository>();
        var isOld = await HasTableAsync(hub, "repository", cancellationToken);
        await RunAsync(hub, history.GetCreateIfNotExistsScript(), cancellationToken);
        if (isOld)
        {
            await RunAsync(hub, history.GetInsertScript(new HistoryRow(hub.Database.GetMigrations().First(), ProductInfo.GetVersion())), cancellationToken);
        }
    }

    private static async Task<bool> HasTableAsync(HubContext hub, string name, CancellationToken cancellationToken)
    {
        var found = hub.Database.IsSqlite()
            ? hub.Database.SqlQuery<int>($"select count(*) as \"Value\" from sqlite_master where name = {name}")
            : hub.Database.SqlQuery<int>($"select count(*)::int as \"Value\" from pg_tables where schemaname = {HubContext.Name} and tablename = {name}");
        return await found.SingleAsync(cancellationToken) > 0;
    }

    private static async Task ApplyAsync(HubContext hub, CancellationToken cancellationToken)
    {
        var pending = (await hub.Database.GetPendingMigrationsAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal);
        var before = Migration.InitialDatabase;
        foreach (var migration in hub.Database.GetMigrations())
        {
            // One that landed late may be older than the newest that is applied.
            if (pending.Contains(migration))
            {
                await RunAsync(hub, hub.GetService<IMigrator>().GenerateScript(before, migration, MigrationsSqlGenerationOptions.NoTransactions), cancellationToken);
            }

            before = migration;
        }
    }

    private static async Task RunAsync(HubContext hub, string script, CancellationToken cancellationToken)
    {
        await using var command = hub.Database.GetDbConnection().CreateCommand();
        (command.CommandText, command.Transaction) = (script, hub.Database.CurrentTransaction!.GetDbTransaction());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
