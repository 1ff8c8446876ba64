using System.Reflection;
using BusJobs.Ledger.Model;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Sqlite;

/// <summary>
/// The ledger in one SQLite file, for one machine. SQLite has one writer at a time and does its work on the caller's thread,
/// so there is one connection that writes, one that reads, and every statement is short. The database's clock is the machine's.
/// </summary>
internal sealed partial class SqliteLedger : ILedger
{
    private const string HistoryTable = $"{LedgerModel.Schema}_{LedgerContext.HistoryTable}";

    /// <summary>By which a file is known to be up to date.</summary>
    private static readonly string[] Migrations =
    [
        .. typeof(SqliteLedger).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<DbContextAttribute>()?.ContextType == typeof(SqliteLedgerContext))
            .Select(type => type.GetCustomAttribute<MigrationAttribute>()!.Id),
    ];

    private readonly TimeProvider clock;
    private readonly KnownLimits known;
    private readonly DepthGauges depths;
    private readonly SqliteSession writer;
    private readonly SqliteSession reader;

    /// <param name="file">Made when missing, with its folder; readable by this user only.</param>
    /// <param name="clock">Default: the machine's.</param>
    /// <param name="durability">What a commit survives. Default: a power cut.</param>
    /// <exception cref="JobRefusedException">The file cannot be opened, or is no SQLite file.</exception>
    public SqliteLedger(string file, TimeProvider? clock = null, SqliteDurability durability = SqliteDurability.Full)
    {
        this.clock = clock ?? TimeProvider.System;
        known = new KnownLimits(this.clock);
        depths = new DepthGauges(this.clock);
        try
        {
            MakePrivate(file);
            writer = new SqliteSession(file, durability);
            reader = new SqliteSession(file, durability);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            writer?.Dispose();
            throw new JobRefusedException("database file", file, $"a SQLite file that this user may write ({exception.Message.TrimEnd('.')})");
        }
    }

    /// <summary>Limits at the door that the host declares.</summary>
    public IReadOnlyList<DoorLimit> Declared { get; init; } = [];

    /// <summary>
    /// Runs what is pending in one transaction that holds the write lock: many processes may try at once, and one that is
    /// killed halfway leaves nothing behind. EF Core's own lock is a row, which would outlive its owner.
    /// </summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await writer.AloneAsync(
            session =>
            {
                // EF Core takes a second to start, so a file that is up to date is told by its table.
                if (!IsMigrated(session))
                {
                    Migrate(session.Connection);
                }

                return Task.FromResult(true);
            },
            cancellationToken);
        foreach (var limit in Declared)
        {
            await SetDoorLimitAsync(limit, declared: true, cancellationToken);
        }
    }

    private static bool IsMigrated(SqliteSession session)
    {
        using (var table = session.Query("select 1 from sqlite_master where name = @name", ("@name", HistoryTable)))
        {
            if (!table.Read())
            {
                return false;
            }
        }

        var applied = new HashSet<string>(StringComparer.Ordinal);
        using var row = session.Query($"select MigrationId from {HistoryTable}");
        while (row.Read())
        {
            applied.Add(row.GetString(0));
        }

        return applied.IsSupersetOf(Migrations);
    }

    private static void Migrate(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        using var context = new SqliteLedgerContext(ContextOptions(connection));
        context.Database.UseTransaction(transaction);
        var pending = context.Database.GetPendingMigrations().ToHashSet(StringComparer.Ordinal);
        var before = Migration.InitialDatabase;
        foreach (var migration in context.Database.GetMigrations())
        {
            // One that landed late may be older than the newest that is applied.
            if (pending.Contains(migration))
            {
                var script = context.GetService<IMigrator>().GenerateScript(before, migration, MigrationsSqlGenerationOptions.NoTransactions);
                using var command = new SqliteCommand(script, connection, transaction);
                command.ExecuteNonQuery();
            }

            before = migration;
        }

        transaction.Commit();
    }

    public ValueTask DisposeAsync()
    {
        writer.Dispose();
        reader.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static DbContextOptions<SqliteLedgerContext> ContextOptions(SqliteConnection connection) =>
        new DbContextOptionsBuilder<SqliteLedgerContext>()
            .UseSqlite(connection, sqlite => sqlite.MigrationsHistoryTable(HistoryTable))
            .Options;

    private static void MakePrivate(string file)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        Directory.CreateDirectory(folder, owner | UnixFileMode.UserExecute);
        // SQLite gives its log and shared memory the mode of the file, so the file must exist before SQLite opens it.
        new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = owner,
        }).Dispose();
    }

    private long Ms(DateTimeOffset? now) => (now ?? clock.GetUtcNow()).ToUnixTimeMilliseconds();

    private static long Ms(TimeSpan delay) => (long)delay.TotalMilliseconds;
}
