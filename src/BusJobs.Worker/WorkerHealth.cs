using BusJobs.Bus;

namespace BusJobs.Worker;

/// <summary>Whether the worker of this process can work, and if not, why.</summary>
public sealed class WorkerHealth
{
    private readonly JobBus bus;
    private readonly WorkerParts parts;

    internal WorkerHealth(JobBus bus, WorkerParts parts) => (this.bus, this.parts) = (bus, parts);

    /// <summary>False while it starts, while the broker is away, and from the beginning of a drain on.</summary>
    public bool IsReady => !Reasons().Any();

    /// <summary>What keeps it from being ready, one sentence each; empty when it is.</summary>
    public IReadOnlyList<string> NotReadyReasons => [.. Reasons()];

    /// <summary>False when only a new process can help.</summary>
    public bool IsLive => NotLiveReason is null;

    public string? NotLiveReason => bus.CutOff is { } lost ? $"{lost}."
        : parts.Watchdog.Deaf is { } queue
        ? $"The consumer of queue '{queue}' receives nothing although jobs wait, and restarting it did not help."
        : null;

    private IEnumerable<string> Reasons()
    {
        if (parts.Drain.HasBegun)
        {
            yield return "The worker is draining.";
        }

        if (!parts.Lease.IsHeld)
        {
            yield return $"The broker has confirmed no beat of the worker for {parts.Lease.Silence.TotalSeconds:0} s.";
        }
        else if (!bus.IsHealthy)
        {
            yield return "The broker is not connected.";
        }

        foreach (var queue in parts.Queues.Where(queue => queue.Endpoint is not { IsReady: true }))
        {
            yield return $"The queue '{queue.Name}' has no consumer.";
        }

        foreach (var refusal in bus.Refused)
        {
            yield return refusal;
        }
    }
}
