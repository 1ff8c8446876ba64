namespace BusJobs.Bus;

/// <param name="Name">The queue on the broker.</param>
/// <param name="Prefetch">How many messages may be under way in the consumer at once.</param>
public sealed record EndpointSpec(string Name, EndpointKind Kind, int Prefetch)
{
    /// <summary>Exchanges of other services whose messages come here as well; made when missing, durable and fanout as MassTransit makes them. Intake only.</summary>
    public IReadOnlyCollection<string> Exchanges { get; init; } = [];
}

/// <summary>What kind of queue an endpoint reads.</summary>
public enum EndpointKind
{
    /// <summary>Durable and replicated, shared by all workers of a job queue, with a bounded queue for dead letters beside it.</summary>
    Work,

    /// <summary>Durable and replicated, shared by all coordinators.</summary>
    Settlements,

    /// <summary>
    /// Durable and replicated, shared by all coordinators: what producers send, read as <see cref="Letter"/>s. Whatever its consumer
    /// throws, the message goes back to the queue.
    /// </summary>
    Intake,

    /// <summary>Vanishes with its process; gets every published message of the types that its consumers take.</summary>
    Broadcast,
}
