using BusJobs;

namespace Forge;

/// <summary>How the forge's jobs are tried.</summary>
public static class ForgePolicies
{
    /// <summary>Batches fail for a locked or busy index and for git's bad days; both pass within seconds.</summary>
    public static JobPolicy Reindex { get; } = new()
    {
        MaxAttempts = 5,
        Timeout = TimeSpan.FromMinutes(2),
        Backoff = Backoff.Exponential(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)),
    };

    /// <summary>Locks and I/O errors pass; what a person waits for is tried again soon.</summary>
    public static JobPolicy Recompute { get; } = new()
    {
        MaxAttempts = 8,
        Timeout = TimeSpan.FromMinutes(3),
        Backoff = Backoff.Exponential(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(2)),
    };

    /// <summary>For faults of this side only, such as a database that is away: the tries of a delivery go by its own schedule.</summary>
    public static JobPolicy Deliver { get; } = new()
    {
        MaxAttempts = 50,
        Timeout = TimeSpan.FromMinutes(2),
        Backoff = Backoff.Exponential(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
    };
}
