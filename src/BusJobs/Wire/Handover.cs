namespace BusJobs.Wire;

/// <summary>From a producer's relay to the coordinators: jobs that have committed in the producer's database.</summary>
public sealed record Handover
{
    public required Guid Id { get; init; }

    /// <summary>New for each start of a relay; it knows its answers by it.</summary>
    public required Guid RelayId { get; init; }

    public required IReadOnlyList<NewJob> Jobs { get; init; }
}

/// <summary>
/// A coordinator's answer, heard by every relay. The jobs of the handover are in the ledger, or a job of their unique key is; those
/// that are held back stay with their producer.
/// </summary>
public sealed record HandoverAnswer
{
    public required Guid HandoverId { get; init; }
    public required Guid RelayId { get; init; }
    public required IReadOnlyList<HeldBack> HeldBack { get; init; }
}

/// <param name="Index">Which job of the handover, from 0.</param>
/// <param name="RetryAfterMs">When to hand it over again; null when the job itself is at fault.</param>
public sealed record HeldBack(int Index, string Reason, long? RetryAfterMs);

/// <summary>From a client that has no ledger to the coordinators: every unique key that jobs of the kind hold is free again.</summary>
public sealed record BumpGeneration
{
    public required string Kind { get; init; }
}
