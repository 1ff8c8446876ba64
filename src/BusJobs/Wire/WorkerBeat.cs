namespace BusJobs.Wire;

/// <summary>A worker is alive, and holds these dispatches. Sent to every coordinator.</summary>
public sealed record WorkerBeat
{
    /// <summary>New for each start of the process, so a restarted worker is never mistaken for its former self.</summary>
    public required Guid WorkerId { get; init; }

    /// <summary>Host name and process id, for people.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<QueueBeat> Queues { get; init; }
    public required IReadOnlyList<string> Kinds { get; init; }

    /// <summary>The dispatches that it has received and not yet settled whole.</summary>
    public required IReadOnlyList<Guid> Held { get; init; }

    public IReadOnlyList<JobProgress> Progress { get; init; } = [];

    /// <summary>True when it takes no new work.</summary>
    public bool Draining { get; init; }

    /// <summary>True when it heeds <see cref="DrainWorker"/>, which workers of older versions do not know.</summary>
    public bool CanBeDrained { get; init; }

    /// <summary>True when it runs jobs that follow one another (<see cref="DispatchedJob.Follows"/>) one by one, which workers of older versions do not know.</summary>
    public bool RunsChains { get; init; }

    /// <summary>True in its last beat: it holds nothing and will not be back.</summary>
    public bool Goodbye { get; init; }
}

/// <param name="Slots">How many jobs of the queue the worker runs at once.</param>
/// <param name="Seen">The highest sequence it has received from the queue; 0 before the first.</param>
public sealed record QueueBeat(string Queue, int Slots, long Seen);
