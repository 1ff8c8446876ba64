using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace BusJobs.Ledger.Model;

/// <summary>The ledger as EF Core sees it: for migrations and for queries, never for the hot path.</summary>
internal abstract class LedgerContext(DbContextOptions options, bool sqlite) : DbContext(options)
{
    public const string HistoryTable = "migration";

    public bool IsSqlite => sqlite;

    public DbSet<JobRow> Jobs => Set<JobRow>();
    public DbSet<AttemptRow> Attempts => Set<AttemptRow>();
    public DbSet<FollowUpRow> FollowUps => Set<FollowUpRow>();
    public DbSet<TallyRow> Tallies => Set<TallyRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => LedgerModel.MapAll(modelBuilder, sqlite);

    // Migrations are written as SQL, so there is no model snapshot to compare with; a contract test compares model and tables.
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder.ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
}

internal sealed class PostgresLedgerContext(DbContextOptions<PostgresLedgerContext> options) : LedgerContext(options, sqlite: false);

internal sealed class SqliteLedgerContext(DbContextOptions<SqliteLedgerContext> options) : LedgerContext(options, sqlite: true);
