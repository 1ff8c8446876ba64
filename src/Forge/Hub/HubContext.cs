using Forge.Backfill;
using Forge.Hooks;
using Forge.Hooks.Log;
using Forge.Mergeability;
using Forge.Reviews;
using Microsoft.EntityFrameworkCore;

namespace Forge.Hub;

/// <summary>What the forge itself knows: its repositories, pull requests and reviews, what its jobs found out, and its outbox.</summary>
public sealed class HubContext(DbContextOptions<HubContext> options) : DbContext(options)
{
    /// <summary>The schema on PostgreSQL, and the name of the SQLite file.</summary>
    public const string Name = "hub";

    public DbSet<HubRepository> Repositories => Set<HubRepository>();
    public DbSet<PullRequest> PullRequests => Set<PullRequest>();
    public DbSet<Review> Reviews => Set<Review>();
    public DbSet<Check> Checks => Set<Check>();
    public DbSet<MergeabilityRecord> Mergeability => Set<MergeabilityRecord>();
    public DbSet<DecisionRecord> Decisions => Set<DecisionRecord>();
    public DbSet<ActivityDay> Activity => Set<ActivityDay>();
    public DbSet<HookEndpoint> Endpoints => Set<HookEndpoint>();
    public DbSet<HookChange> HookChanges => Set<HookChange>();
    public DbSet<Delivery> Deliveries => Set<Delivery>();
    public DbSet<DeliveryTry> Tries => Set<DeliveryTry>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => HubModel.Map(modelBuilder, Database.IsSqlite());

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<Enum>().HaveConversion<string>();
        if (Database.IsSqlite())
        {
            // SQLite cannot compare what it keeps as text with an offset.
            configurationBuilder.Properties<DateTimeOffset>().HaveConversion<MillisecondsConverter>();
        }
    }
}
