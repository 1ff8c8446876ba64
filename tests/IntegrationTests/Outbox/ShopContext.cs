using BusJobs.Outbox.Model;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Outbox;

/// <summary>A producer's own data.</summary>
public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddBusJobsOutbox(Database.IsSqlite());
}

public sealed class Order
{
    public Guid Id { get; set; }
    public required string Item { get; set; }
}

/// <summary>A context whose author forgot the outbox.</summary>
public sealed class ForgetfulContext(DbContextOptions<ForgetfulContext> options) : DbContext(options);
