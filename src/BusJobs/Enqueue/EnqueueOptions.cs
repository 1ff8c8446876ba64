namespace BusJobs;

/// <summary>How one job differs from what its kind says. All members are optional.</summary>
public sealed record EnqueueOptions
{
    public static EnqueueOptions Default { get; } = new();

    public const byte DefaultPriority = 100;

    /// <summary>The job's identity. Enqueueing an id again changes nothing and answers <see cref="EnqueueResult.Duplicate"/>. Default: a new UUIDv7.</summary>
    public Guid? Id { get; init; }

    /// <summary>Default: the queue of the kind.</summary>
    public string? Queue { get; init; }

    /// <summary>0 runs first, 255 last; jobs of equal priority run in the order they became due. Default: 100.</summary>
    public byte Priority { get; init; } = DefaultPriority;

    /// <summary>How long the job waits before it may start, from 0 to 10 years. Not together with <see cref="RunAt"/>.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>The earliest start; a time in the past means now. Not together with <see cref="Delay"/>.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>1 to 1,000. Default: what the worker's policy for the kind says.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>How long one attempt may run, from 1 ms to 7 days. Default: what the worker's policy for the kind says.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// How long after it is due, from 1 ms to 10 years, a job may still start: one that has not started by then, or would be
    /// tried again only later, ends <see cref="LedgerState.Expired"/>. Default: for ever.
    /// </summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>What makes this job the same as another of its kind, and what happens then. Default: nothing does.</summary>
    public Unique? Unique { get; init; }

    /// <summary>Whose job this is; shown to the handler, and what fairness and limits go by.</summary>
    public string? Tenant { get; init; }

    /// <summary>
    /// Jobs with the same serial key, of whatever kind and queue, run one at a time in the order in which they were enqueued: each
    /// starts only when the one before has ended for good, retries included. 1 to 200 characters without control characters. Default: none.
    /// </summary>
    public string? SerialKey { get; init; }

    /// <summary>Words to find the job by: at most 16, each at most 63 characters.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A W3C traceparent. Default: that of the current activity.</summary>
    public string? TraceParent { get; init; }
}
