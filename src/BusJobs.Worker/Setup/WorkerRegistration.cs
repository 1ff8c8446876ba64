using BusJobs.Bus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace BusJobs.Worker;

/// <summary>Adds the worker of this process.</summary>
public static class WorkerRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds a worker. Calling it again adds handlers and queues to the same one.</summary>
        public IServiceCollection AddBusJobsWorker(Action<WorkerBuilder> configure)
        {
            services.AddBusJobsBus();
            services.AddOptions<WorkerOptions>().ValidateDataAnnotations().ValidateOnStart();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WorkerOptions>, WorkerOptionsValidator>());
            services.TryAddSingleton<HandlerTable>();
            services.TryAddSingleton<WorkerMetrics>();
            services.TryAddSingleton(provider => Uplink.Over(provider.GetRequiredService<JobBus>()));
            services.TryAddSingleton<WorkerParts>();
            services.TryAddSingleton(provider => new JobWorker(provider.GetRequiredService<JobBus>(), provider.GetRequiredService<WorkerParts>(), provider.GetRequiredService<IOptions<WorkerOptions>>(), provider.GetRequiredService<TimeProvider>()));
            services.TryAddSingleton(provider => new WorkerHealth(provider.GetRequiredService<JobBus>(), provider.GetRequiredService<WorkerParts>()));
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, JobWorker>(provider => provider.GetRequiredService<JobWorker>()));
            configure(new WorkerBuilder(services));
            return services;
        }
    }
}
