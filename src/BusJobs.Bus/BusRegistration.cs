using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace BusJobs.Bus;

/// <summary>Adds the bus of this process.</summary>
public static class BusRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the bus that the worker and the coordinator of this process share. Calling it again only adds configuration.</summary>
        public IServiceCollection AddBusJobsBus(Action<BusOptions>? configure = null)
        {
            services.AddOptions<BusOptions>().Configure(configure ?? (_ => { })).ValidateDataAnnotations().ValidateOnStart();
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<JobBus>();
            return services;
        }
    }
}
