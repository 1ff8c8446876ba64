using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace BusJobs.Worker;

/// <summary>Says what a worker serves.</summary>
public sealed class WorkerBuilder
{
    private readonly IServiceCollection services;

    internal WorkerBuilder(IServiceCollection services) => this.services = services;

    /// <inheritdoc cref="WorkerOptions.Name"/>
    public WorkerBuilder Name(string name) => Configure(options => options.Name = name);

    /// <summary>Serves a queue. Once one is named, only named ones are served.</summary>
    /// <param name="slots">How many of its jobs run at once, 1 to 1,024.</param>
    public WorkerBuilder Queue(string name, int slots) => Configure(options => options.Queues[name] = slots);

    /// <summary>Runs the jobs of a kind; the handler is resolved from a scope of its own for each try.</summary>
    /// <exception cref="JobRefusedException">The command carries no <see cref="JobKindAttribute"/>, or a name in it is not allowed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A member of the policy is outside its bounds.</exception>
    public WorkerBuilder Handle<TJob, THandler>(JobPolicy? policy = null)
        where TJob : notnull
        where THandler : class, IJobHandler<TJob>
    {
        var kind = JobKind.Of(typeof(TJob));
        services.TryAddScoped<THandler>();
        services.AddSingleton<HandlerEntry>(new HandlerEntry<TJob, THandler>(kind, (policy ?? JobPolicy.Default).Checked(kind.Name)));
        return this;
    }

    public WorkerBuilder Configure(Action<WorkerOptions> configure)
    {
        services.Configure(configure);
        return this;
    }
}
