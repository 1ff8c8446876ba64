using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>Adds local work to a host.</summary>
public static class LocalRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds a <see cref="LocalProcessor{T}"/> that starts with the host and drains when the host stops. The host has an <see cref="IJobKeys"/>.</summary>
        /// <param name="scope">Whose keys these are on all instances: a name like that of a kind.</param>
        /// <param name="handle">The work, with the host's services.</param>
        /// <param name="slots">How many run at once. Default: 1.</param>
        public IServiceCollection AddLocalProcessor<T>(string scope, Func<IServiceProvider, string, T, CancellationToken, Task> handle, int slots = 1)
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(provider => new LocalProcessor<T>(
                scope,
                provider.GetRequiredService<IJobKeys>(),
                (key, arg, cancellationToken) => handle(provider, key, arg, cancellationToken),
                provider.GetRequiredService<ILogger<LocalProcessor<T>>>(),
                provider.GetRequiredService<TimeProvider>(),
                slots));
            return services.AddHostedService(provider => provider.GetRequiredService<LocalProcessor<T>>());
        }
    }
}
