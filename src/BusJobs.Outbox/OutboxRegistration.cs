using BusJobs.Bus;
using BusJobs.Outbox.Relaying;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace BusJobs.Outbox;

/// <summary>For services with a database of their own.</summary>
public static class OutboxRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Makes <see cref="IJobClient"/>, within a scope, enqueue into the unit of work of that scope's context, and relays what commits. The
        /// context maps the outbox: <c>modelBuilder.AddBusJobsOutbox()</c>.
        /// </summary>
        public IServiceCollection AddBusJobsOutbox<TContext>(Action<OutboxOptions>? configure = null)
            where TContext : DbContext
        {
            services.AddBusJobsBus();
            services.AddOptions<OutboxOptions>().Configure(configure ?? (_ => { })).ValidateDataAnnotations().ValidateOnStart();
            services.TryAddSingleton<OutboxHealth>();
            services.AddScoped<IJobClient, OutboxJobClient<TContext>>();
            return services.AddHostedService<Relay<TContext>>();
        }
    }
}
