using BusJobs.Bus;
using BusJobs.Coordinator.Dispatching;
using BusJobs.Coordinator.Receiving;
using BusJobs.Coordinator.Settling;
using BusJobs.Coordinator.Tracking;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace BusJobs.Coordinator;

/// <summary>Adds a coordinator to a host that has a ledger.</summary>
public static class CoordinatorRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the coordinator's parts, in the order in which a job meets them.</summary>
        public IServiceCollection AddBusJobsCoordinator(Action<CoordinatorOptions>? configure = null)
        {
            services.AddBusJobsBus();
            services.AddOptions<CoordinatorOptions>().Configure(configure ?? (_ => { })).ValidateDataAnnotations()
                .Validate(options => options.Limits.All(limit => limit.Checked() is not null)).ValidateOnStart();
            services.TryAddSingleton(new Random());
            services.AddSingleton<CoordinatorIdentity>();
            services.AddSingleton<LetterReader>();
            services.AddSingleton<Admitter>();
            services.AddSingleton<UnfitLetters>();
            services.AddSingleton<IntakeConsumer>();
            services.AddSingleton<Pace>();
            services.AddSingleton<Signal>();
            services.AddSingleton(provider => new Packer(
                provider.GetRequiredService<IOptions<CoordinatorOptions>>().Value, provider.GetRequiredService<Pace>(), provider.GetRequiredService<TimeProvider>()));
            services.AddSingleton<Dispatcher>();
            services.AddSingleton<Sender>();
            services.AddSingleton<SettlementConsumer>();
            services.AddSingleton<Settler>();
            services.AddSingleton<DeadLetterCopies>();
            services.AddSingleton<BroadcastConsumer>();
            services.AddSingleton<WorkerTracker>();
            services.AddSingleton<Pulses>();
            services.AddSingleton<Untaken>();
            services.AddSingleton<Reclaim>();
            services.AddSingleton<Canceller>();
            services.AddSingleton<Doorkeeper>();
            services.AddSingleton(provider => new CoordinatorHealth(
                provider.GetRequiredService<JobBus>(), provider.GetRequiredService<WorkerTracker>(), provider.GetRequiredService<Reclaim>()));
            services.AddHostedService<Coordinator>();
            return services;
        }
    }
}
