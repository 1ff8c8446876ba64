namespace BusJobs.Wire;

/// <summary>A worker's word on jobs of one dispatch, sent every few milliseconds while there is news.</summary>
public sealed record Settled
{
    public required Guid DispatchId { get; init; }

    /// <summary>The worker's name, for the record of the attempt.</summary>
    public required string Worker { get; init; }

    public required string Kind { get; init; }
    public required string Queue { get; init; }

    /// <summary>True when every job of the dispatch has been settled by this message or an earlier one.</summary>
    public required bool Last { get; init; }

    public required IReadOnlyList<Settlement> Jobs { get; init; }
}

/// <summary>A worker got a dispatch that had been delivered before, and did not run it: whoever had it first may be running it still.</summary>
public sealed record HandedBack
{
    public required Guid DispatchId { get; init; }
    public required Guid WorkerId { get; init; }
}
