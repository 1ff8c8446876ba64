namespace BusJobs.Bus;

/// <summary>
/// What the queues and exchanges are called. Work queues are <c>prefix.queue</c>; what belongs to the system has a colon, which
/// no job queue can have.
/// </summary>
public sealed class BusNames(string prefix)
{
    /// <summary>Where settlements, hand-backs and pulses go.</summary>
    public string Settlements { get; } = $"{prefix}:settlements";

    /// <summary>Where jobs of other services come in.</summary>
    public string Intake { get; } = $"{prefix}:intake";

    /// <summary>Where messages are kept that came in and cannot become jobs.</summary>
    public string IntakeDead { get; } = $"{prefix}:intake{Names.DeadSuffix}";

    /// <summary>Where dispatches of a job queue go.</summary>
    public string Work(string queue) => $"{prefix}.{queue}";

    /// <summary>Where copies of a queue's dead letters are kept for the management UI.</summary>
    public string Dead(string queue) => $"{prefix}.{queue}{Names.DeadSuffix}";

    /// <summary>The exchange that carries a message type to everybody who wants it.</summary>
    public string Topic(Type message) => $"{prefix}:{message.Name}";

    /// <summary>A queue of one process, which vanishes with it.</summary>
    public string Own(Guid id) => $"{prefix}:{id:n}";
}
