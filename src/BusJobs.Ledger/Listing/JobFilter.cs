namespace BusJobs.Ledger;

/// <summary>Which jobs to list. Null matches everything.</summary>
public sealed record JobFilter
{
    public LedgerState? State { get; init; }

    /// <summary>Only dead jobs that were discarded.</summary>
    public bool Discarded { get; init; }

    public string? Kind { get; init; }
    public string? Queue { get; init; }
    public string? Tenant { get; init; }
    public string? Tag { get; init; }

    /// <summary>By what the payload says; no index helps, so a page reads 2,000 payloads at most.</summary>
    public MemberFilter? Member { get; init; }

    /// <summary>Enqueued at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Enqueued before this time.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>
/// Where a page ends: the values of the row that every order goes by. A place stays what it is while jobs come and go around it.
/// </summary>
/// <param name="At">When the job finished (dead and discarded jobs) or is due (the others).</param>
public sealed record JobPlace(Guid Id, string Queue, short Lane, short Priority, DateTimeOffset At);

/// <param name="Next">Where to go on; null at the end. A page may hold fewer jobs than asked for and still have a next one: a page looks at 10,000 rows at most, and with a member at 2,000 payloads.</param>
public sealed record JobPage(IReadOnlyList<JobSummary> Jobs, JobPlace? Next);

/// <summary>A job in a list: all but its payload and its history.</summary>
public sealed record JobSummary
{
    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public required string Queue { get; init; }
    public required LedgerState State { get; init; }
    public required byte Priority { get; init; }
    public required DateTimeOffset RunAt { get; init; }
    public required int Attempts { get; init; }
    public required DateTimeOffset EnqueuedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public string? Tenant { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Why it waits, failed, or ended as it did.</summary>
    public string? Reason { get; init; }

    /// <summary>Who has discarded it when it was dead.</summary>
    public string? DiscardedBy { get; init; }
}

/// <summary>How jobs of one kind have fared since the ledger was made.</summary>
/// <param name="Dead">Those that wait for a redrive.</param>
public sealed record KindCounts(string Kind, long Succeeded, long Dead, long Cancelled, long Retried);

/// <summary>What waits in a queue, as far as it was looked at.</summary>
/// <param name="OldestDue">When the first of them was due; null when none waits.</param>
public sealed record ReadyDepth(int Ready, DateTimeOffset? OldestDue);
