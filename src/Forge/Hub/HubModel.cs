using BusJobs.Outbox.Model;
using Forge.Backfill;
using Forge.Hooks;
using Forge.Hooks.Log;
using Forge.Mergeability;
using Forge.Reviews;
using Microsoft.EntityFrameworkCore;

namespace Forge.Hub;

/// <summary>How the hub lies in its tables: one table a type, named as in SQL.</summary>
internal static class HubModel
{
    public static void Map(ModelBuilder model, bool sqlite)
    {
        if (!sqlite)
        {
            model.HasDefaultSchema(HubContext.Name);
        }

        model.Entity<HubRepository>().ToTable("repository").HasIndex(repository => new { repository.Org, repository.Name }).IsUnique();
        MapPullRequests(model);
        MapHooks(model);
        MapActivity(model);
        foreach (var property in model.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(SqlName(property.Name));
        }

        model.AddBusJobsOutbox(sqlite);
    }

    private static void MapPullRequests(ModelBuilder model)
    {
        model.Entity<PullRequest>(pull =>
        {
            pull.ToTable("pull_request").HasIndex(p => new { p.RepositoryId, p.Number }).IsUnique();
            pull.HasIndex(p => new { p.RepositoryId, p.Source });
            pull.HasIndex(p => new { p.RepositoryId, p.Target });
            pull.HasOne(p => p.Repository).WithMany().HasForeignKey(p => p.RepositoryId);
            pull.HasMany(p => p.Reviews).WithOne().HasForeignKey(review => review.PullRequestId);
            pull.HasOne(p => p.Mergeability).WithOne().HasForeignKey<MergeabilityRecord>(record => record.PullRequestId);
            pull.HasOne(p => p.Decision).WithOne().HasForeignKey<DecisionRecord>(record => record.PullRequestId);
        });
        model.Entity<Review>().ToTable("review");
        model.Entity<Check>(check =>
        {
            check.ToTable("check_run").HasKey(c => new { c.RepositoryId, c.Commit, c.Name });
            check.HasOne<HubRepository>().WithMany().HasForeignKey(c => c.RepositoryId);
        });
        model.Entity<MergeabilityRecord>(record =>
        {
            record.ToTable("mergeability").HasKey(r => r.PullRequestId);
            record.Property(r => r.PullRequestId).ValueGeneratedNever();
            record.Property(r => r.Version).IsConcurrencyToken();
        });
        model.Entity<DecisionRecord>(record =>
        {
            record.ToTable("review_decision").HasKey(r => r.PullRequestId);
            record.Property(r => r.PullRequestId).ValueGeneratedNever();
            record.Property(r => r.Version).IsConcurrencyToken();
        });
    }

    private static void MapHooks(ModelBuilder model)
    {
        model.Entity<HookEndpoint>(endpoint =>
        {
            endpoint.ToTable("hook_endpoint").Ignore(e => e.Tenant);
            endpoint.Property(e => e.Id).ValueGeneratedNever();
            endpoint.HasOne<HubRepository>().WithMany().HasForeignKey(e => e.RepositoryId);
        });
        model.Entity<HookChange>(change =>
        {
            change.ToTable("hook_change");
            change.HasOne<HookEndpoint>().WithMany().HasForeignKey(c => c.EndpointId);
        });
        model.Entity<Delivery>(delivery =>
        {
            delivery.ToTable("hook_delivery").HasIndex(d => d.CreatedAt);
            delivery.Property(d => d.Id).ValueGeneratedNever();
            delivery.Property(d => d.TriesMade).IsConcurrencyToken();
            delivery.HasOne(d => d.Endpoint).WithMany().HasForeignKey(d => d.EndpointId);
            delivery.HasMany(d => d.Tries).WithOne().HasForeignKey(tried => tried.DeliveryId);
        });
        model.Entity<DeliveryTry>().ToTable("hook_try");
    }

    private static void MapActivity(ModelBuilder model) => model.Entity<ActivityDay>(day =>
    {
        day.ToTable("activity_day").HasKey(d => new { d.RepositoryId, d.Start });
        day.HasOne<HubRepository>().WithMany().HasForeignKey(d => d.RepositoryId);
    });

    private static string SqlName(string name) => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{c}")).ToLowerInvariant();
}
