namespace BusJobs.Wire;

/// <summary>To one worker, by the queue that is its own: begin no more jobs, and give back what has not begun. It takes work again when it is started anew.</summary>
public sealed record DrainWorker
{
    public required Guid WorkerId { get; init; }

    /// <summary>Who asks, for the worker's log.</summary>
    public required string By { get; init; }
}
