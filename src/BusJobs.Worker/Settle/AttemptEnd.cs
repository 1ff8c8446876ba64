using BusJobs.Wire;

namespace BusJobs.Worker;

/// <summary>Everything that decides how an attempt is settled.</summary>
internal readonly record struct AttemptEnd
{
    public required DispatchedJob Job { get; init; }

    /// <summary>What the handler threw; null when it returned, or never did.</summary>
    public Exception? Fault { get; init; }

    /// <summary>True when the handler returned.</summary>
    public bool Succeeded { get; init; }

    public StopCause Cause { get; init; }
    public TimeSpan Timeout { get; init; }
    public TimeSpan Duration { get; init; }

    /// <summary>0 (inclusive) to 1 (exclusive).</summary>
    public double Jitter { get; init; }

    public IReadOnlyList<NewJob>? FollowUps { get; init; }
}
