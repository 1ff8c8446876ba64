namespace BusJobs.Wire;

/// <summary>To every worker: stop these jobs if you run them. Repeated until their settlements arrive.</summary>
public sealed record CancelJobs
{
    public required IReadOnlyList<Guid> JobIds { get; init; }
}
