using BusJobs;
using BusJobs.Outbox;
using BusJobs.Worker;
using Forge.Backfill;
using Forge.Git;
using Forge.Hub;
using Forge.Indexing;
using Forge.Mergeability;
using Forge.Postgres;
using Forge.Pushes;
using Forge.Reviews;
using Forge.Search;
using Forge.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Forge;

/// <summary>What a host calls. Before the first plan, job or search it migrates the <see cref="ISearchIndex"/>.</summary>
public static class ForgeRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the planner, the search and the handler's parts. The planner needs an <see cref="IJobClient"/>.</summary>
        /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option is outside its bounds.</exception>
        public IServiceCollection AddForge(ForgeOptions options)
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(options.Checked());
            services.AddSingleton<GitProgram>();
            services.AddSingleton<BlobReader>();
            services.AddSingleton(provider => new RepositoryReader(provider.GetRequiredService<GitProgram>()));
            services.AddSingleton<ISearchIndex>(_ => IndexOf(options));
            services.AddSingleton<CodeSearch>();
            services.AddTransient<SearchPlanner>();
            return services;
        }

        /// <summary>Adds the hub and its outbox, and what the handlers on it need. Call <see cref="AddForge"/> as well.</summary>
        /// <param name="relay">Whether this process hands over what lies in the hub's outbox.</param>
        public IServiceCollection AddForgeHub(ForgeOptions options, bool relay = true)
        {
            services.AddDbContext<HubContext>(context => UseDatabase(context, options));
            services.AddBusJobsOutbox<HubContext>(outbox => outbox.Relay = relay);
            services.AddSingleton(provider => new BranchReader(provider.GetRequiredService<GitProgram>(), provider.GetRequiredService<RepositoryReader>()));
            services.AddSingleton<MergeTree>().AddSingleton<HistoryReader>();
            services.AddOptions<BackfillOptions>().ValidateDataAnnotations().ValidateOnStart();
            services.AddSingleton(provider => provider.GetRequiredService<IOptions<BackfillOptions>>().Value);
            services.AddScoped<MissingWindows>().AddScoped<ActivityLog>();
            return services;
        }
    }

    extension(WorkerBuilder worker)
    {
        /// <summary>Lets the worker run the forge's jobs; <c>AddForge</c> adds what their handlers need.</summary>
        public WorkerBuilder HandleForge() => worker.Handle<ReindexSearch, ReindexSearchHandler>(ForgePolicies.Reindex);

        /// <summary>Lets the worker compare pushed heads with the index; <c>AddForgeHub</c> adds what that needs.</summary>
        public WorkerBuilder HandlePushes() => worker.Handle<IndexRepository, IndexRepositoryHandler>(ForgePolicies.Recompute);

        /// <summary>Lets the worker fill in statistics; <c>AddForgeHub</c> adds what that needs.</summary>
        public WorkerBuilder HandleBackfill() => worker.Handle<BackfillWindow, BackfillWindowHandler>(ForgePolicies.Recompute);

        /// <summary>Lets the worker judge pull requests; <c>AddForgeHub</c> adds what the handlers need.</summary>
        public WorkerBuilder HandlePullRequests() => worker
            .Handle<RecomputeMergeability, RecomputeMergeabilityHandler>(ForgePolicies.Recompute)
            .Handle<RecomputeReviewDecision, RecomputeReviewDecisionHandler>(ForgePolicies.Recompute);
    }

    internal static void UseDatabase(DbContextOptionsBuilder context, ForgeOptions options)
    {
        if (options.Database is null)
        {
            context.UseSqlite(
                new SqliteConnectionStringBuilder { DataSource = Path.Combine(options.DataFolder!, HubContext.Name + ".db"), DefaultTimeout = 30 }.ToString(),
                sqlite => sqlite.MigrationsHistoryTable(HubSchema.HistoryTable));
        }
        else
        {
            context.UseNpgsql(options.Database, npgsql => npgsql.MigrationsHistoryTable(HubSchema.HistoryTable, HubContext.Name));
        }
    }

    internal static ISearchIndex IndexOf(ForgeOptions options) => options.Database is null
        ? new SqliteSearchIndex(Path.Combine(options.DataFolder!, "forge.db"))
        : new PostgresSearchIndex(NpgsqlDataSource.Create(options.Database));
}
