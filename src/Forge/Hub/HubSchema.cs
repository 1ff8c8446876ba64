using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Forge.Hub;

/// <summary>Makes the hub's tables from the model, once, whoever of several processes comes first.</summary>
public static class HubSchema
{
    /// <summary>Beside the search index's own, which is one less.</summary>
    private const long Lock = 7022027;

    public static async Task MigrateAsync(HubContext hub, CancellationToken cancellationToken)
    {
        if (hub.Database.IsSqlite())
        {
            // Readers and the one writer do not wait for each other. It stays with the file.
            await hub.Database.ExecuteSqlRawAsync("pragma journal_mode = wal", cancellationToken);
        }

        await using var transaction = await hub.Database.BeginTransactionAsync(cancellationToken);
        if (!hub.Database.IsSqlite())
        {
            await hub.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({Lock})", cancellationToken);
        }

        var found = hub.Database.IsSqlite()
            ? hub.Database.SqlQuery<int>($"select count(*) as \"Value\" from sqlite_master where name = 'repository'")
            : hub.Database.SqlQuery<int>($"select count(*)::int as \"Value\" from pg_tables where schemaname = {HubContext.Name} and tablename = 'repository'");
        if (await found.SingleAsync(cancellationToken) == 0)
        {
            await hub.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }
}
