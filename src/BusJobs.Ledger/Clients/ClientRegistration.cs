using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace BusJobs.Ledger.Clients;

/// <summary>For services that enqueue with their own data.</summary>
public static class ClientRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Makes <see cref="IJobClient"/>, within a scope, enqueue into the unit of work of that scope's context. What must commit
        /// at once takes <see cref="LedgerJobClient"/>.
        /// </summary>
        public IServiceCollection AddBusJobsClient<TContext>()
            where TContext : DbContext
        {
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<LedgerJobClient>();
            return services.AddScoped<IJobClient, DbContextJobClient<TContext>>();
        }
    }
}
