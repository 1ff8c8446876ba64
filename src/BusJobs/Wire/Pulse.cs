namespace BusJobs.Wire;

/// <summary>
/// A coordinator's question to the bus. It goes through the settlement queue, behind every settlement sent before it, and its
/// echo goes to everybody; the coordinator that gets its own echo knows that the broker carries, that settlements up to then
/// are in the ledger, and that a silent worker is silent.
/// </summary>
public sealed record Pulse
{
    public required Guid CoordinatorId { get; init; }
    public required long Number { get; init; }

    /// <summary>Queues with dispatches that nobody has taken, and for how many milliseconds the oldest has been waiting.</summary>
    public required IReadOnlyDictionary<string, long> Untaken { get; init; }
}

/// <summary>The answer to a <see cref="Pulse"/>. Workers that get it send a beat if they have not lately.</summary>
public sealed record PulseEcho
{
    public required Guid CoordinatorId { get; init; }
    public required long Number { get; init; }
    public required IReadOnlyDictionary<string, long> Untaken { get; init; }
}
