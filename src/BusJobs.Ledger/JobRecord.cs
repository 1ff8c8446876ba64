namespace BusJobs.Ledger;

/// <summary>A job as the ledger has it.</summary>
public sealed record JobRecord
{
    /// <summary>So many follow-ups are told of.</summary>
    public const int MostFollowUps = 100;

    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public required string Queue { get; init; }
    public required LedgerState State { get; init; }
    public required string Payload { get; init; }
    public required byte Priority { get; init; }
    public required DateTimeOffset RunAt { get; init; }

    /// <summary>Attempts that were burnt: successes and failures, not snoozes and releases.</summary>
    public required int Attempts { get; init; }

    public required int Crashes { get; init; }
    public required int Fence { get; init; }
    public required bool CancelRequested { get; init; }
    public required DateTimeOffset EnqueuedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public int? MaxAttempts { get; init; }
    public TimeSpan? Timeout { get; init; }

    /// <summary>When it ends <see cref="LedgerState.Expired"/> if it has not started.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The key of which one job at a time is active.</summary>
    public string? UniqueKey { get; init; }

    /// <summary>Whether it is kept back until the job that has its key has ended.</summary>
    public bool WaitsForKey { get; init; }

    public string? Tenant { get; init; }
    public string? SerialKey { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? TraceParent { get; init; }

    /// <summary>The trace that it was enqueued in; each attempt is a span of it. Null when it was enqueued in none: then each attempt begins one, which only the worker knows.</summary>
    public string? TraceId => TraceParent?.Split('-') is [_, var trace, ..] ? trace : null;

    /// <summary>Why it waits, failed, or ended as it did.</summary>
    public string? Reason { get; init; }

    /// <summary>Who has discarded it; null if nobody has. It is cancelled then, and <see cref="Reason"/> is what it had died of.</summary>
    public string? DiscardedBy { get; init; }

    public JobProgress? Progress { get; init; }

    /// <summary>The job whose success enqueued this one; null for others, and once that one is removed.</summary>
    public Guid? Follows { get; init; }

    /// <summary>The first jobs that its success enqueued, as far as they are still there.</summary>
    public IReadOnlyList<FollowUp> FollowUps { get; init; } = [];

    /// <summary>Those that who sees only this tenant may see; all for null.</summary>
    public IReadOnlyList<FollowUp> FollowUpsFor(string? tenant) => tenant is null ? FollowUps : [.. FollowUps.Where(job => job.Tenant == tenant)];

    /// <summary>The attempts that did not succeed, and the successful one, oldest first.</summary>
    public IReadOnlyList<AttemptRecord> History { get; init; } = [];
}

/// <summary>One attempt that ended.</summary>
public sealed record AttemptRecord(int Fence, int Number, Ending Ending, string Worker, DateTimeOffset EndedAt, TimeSpan Duration, string? Reason);

/// <summary>A job that another's success enqueued.</summary>
public sealed record FollowUp(Guid Id, string Kind, LedgerState State, string? Tenant);
