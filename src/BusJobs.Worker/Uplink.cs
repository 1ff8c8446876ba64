using BusJobs.Bus;
using BusJobs.Wire;

namespace BusJobs.Worker;

/// <summary>What a worker tells the coordinators. Each call returns once the broker has confirmed it.</summary>
internal sealed record Uplink(
    Func<Settled, CancellationToken, Task> Settle,
    Func<HandedBack, CancellationToken, Task> HandBack,
    Func<WorkerBeat, CancellationToken, Task> Beat)
{
    public static Uplink Over(JobBus bus) => new(
        (settled, cancellationToken) => bus.SendAsync(bus.Names.Settlements, settled, mandatory: true, cancellationToken),
        (handedBack, cancellationToken) => bus.SendAsync(bus.Names.Settlements, handedBack, mandatory: true, cancellationToken),
        bus.PublishAsync);
}
