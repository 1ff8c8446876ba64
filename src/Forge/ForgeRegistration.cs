using BusJobs;
using BusJobs.Worker;
using Forge.Git;
using Forge.Indexing;
using Forge.Postgres;
using Forge.Search;
using Forge.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Forge;

/// <summary>What a host calls. Before the first plan, job or search it migrates the <see cref="ISearchIndex"/>.</summary>
public static class ForgeRegistration
{
    /// <summary>Batches fail for a locked or busy index and for git's bad days; both pass within seconds.</summary>
    public static JobPolicy ReindexPolicy { get; } = new()
    {
        MaxAttempts = 5,
        Timeout = TimeSpan.FromMinutes(2),
        Backoff = Backoff.Exponential(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)),
    };

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
    }

    extension(WorkerBuilder worker)
    {
        /// <summary>Lets the worker run the forge's jobs; <c>AddForge</c> adds what their handlers need.</summary>
        public WorkerBuilder HandleForge() => worker.Handle<ReindexSearch, ReindexSearchHandler>(ReindexPolicy);
    }

    internal static ISearchIndex IndexOf(ForgeOptions options) => options.Database is null
        ? new SqliteSearchIndex(Path.Combine(options.DataFolder!, "forge.db"))
        : new PostgresSearchIndex(NpgsqlDataSource.Create(options.Database));
}
