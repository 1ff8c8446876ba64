using BusJobs.Wire;

namespace BusJobs.Ledger;

/// <summary>Which of a queue's three lanes a job travels in: decided by the crashes it was near to.</summary>
public enum Lane
{
    /// <summary>Packs of many.</summary>
    Normal = 0,

    /// <summary>Was in a worker that crashed: travels alone, a few at a time.</summary>
    Suspect = 1,

    /// <summary>Was in two workers that crashed: travels alone, one at a time, so that the next crash names the culprit.</summary>
    Quarantine = 2,
}

/// <summary>A claimed job, before it is packed.</summary>
/// <param name="Parks">How often it has been parked before.</param>
public sealed record ClaimedJob(string Kind, DispatchedJob Job, int Parks);

/// <summary>A claimed job that cannot travel, and why.</summary>
public sealed record Misfit(Guid JobId, string Reason, TimeSpan Delay);

/// <summary>What packing made of a claim. <see cref="Dispatch.Sequence"/> is given by the ledger.</summary>
public sealed record Packed(IReadOnlyList<Dispatch> Dispatches, IReadOnlyList<Misfit> Misfits);

/// <summary>Divides claimed jobs, in their order, into dispatches of one kind each.</summary>
public delegate Packed Packing(string queue, IReadOnlyList<ClaimedJob> jobs);

/// <param name="Dispatches">By sequence; none when nothing was ready, or nothing that may start.</param>
/// <param name="Moved">Jobs that may not start and were moved out of the way: when there are any, a further claim may find others behind them.</param>
/// <param name="Opens">Until a rate that held jobs back lets the next one start; null when no rate did.</param>
/// <param name="Drained">The lane surely had no more than this, so that there is no use in looking again before more comes.</param>
public sealed record Claimed(IReadOnlyList<Dispatch> Dispatches, int Moved, TimeSpan? Opens, bool Drained = false);

/// <param name="Ready">Lanes with at least one ready job, of queues that are not paused.</param>
/// <param name="NextDue">Until the next scheduled job is due; null when there is none; zero when one is due already.</param>
public sealed record Survey(IReadOnlyList<LaneSurvey> Ready, TimeSpan? NextDue);

/// <param name="InFlight">Jobs of the lane in open dispatches; may lag behind settlements of a pack that is not settled whole.</param>
public sealed record LaneSurvey(string Queue, Lane Lane, int InFlight);

/// <param name="Applied">Settlements written.</param>
/// <param name="Stale">Settlements whose fence was no longer the job's; they changed nothing.</param>
/// <param name="MoreReady">Whether the batch left jobs ready: released, or follow-ups.</param>
/// <param name="Dead">Copies for the broker's dead-letter queues.</param>
public sealed record SettleReport(int Applied, int Stale, bool MoreReady, IReadOnlyList<DeadLetter> Dead);

/// <param name="Age">Since it was claimed, by the ledger's clock.</param>
public sealed record OpenDispatch(Guid Id, string Queue, Lane Lane, long Sequence, int Count, TimeSpan Age);

/// <param name="Ready">Jobs that will run again.</param>
/// <param name="Cancelled">Jobs whose cancellation had been asked for.</param>
/// <param name="Dead">Jobs that were near their last crash.</param>
public sealed record ReclaimReport(int Ready, int Cancelled, IReadOnlyList<DeadLetter> Dead);

/// <summary>What cancelling came to.</summary>
public enum CancelResult
{
    NotFound,

    /// <summary>It will never start.</summary>
    Cancelled,

    /// <summary>It is running; its handler's token fires within a beat.</summary>
    Requested,

    /// <summary>It had ended before; nothing changed.</summary>
    AlreadyEnded,
}

/// <summary>What cancelling many came to; those left over had ended before, or are not there.</summary>
/// <param name="Cancelled">Jobs that will never start.</param>
/// <param name="Requested">Jobs that are running, and are asked to stop.</param>
public sealed record CancelReport(int Cancelled, int Requested);

/// <summary>Which dead jobs to redrive or to discard. Null matches everything.</summary>
public sealed record DeadFilter(Guid? JobId = null, string? Kind = null, string? Queue = null, string? Tenant = null, int Limit = 10_000)
{
    /// <summary>Jobs that were discarded, and none that are dead: a redrive of them is what takes a discard back.</summary>
    public bool Discarded { get; init; }

    /// <summary>Only these jobs; null for whatever the other members say.</summary>
    public IReadOnlyCollection<Guid>? JobIds { get; init; }

    internal IReadOnlyCollection<Guid>? Ids => JobId is { } one ? [one] : JobIds;
}

/// <param name="Ready">Jobs that run again.</param>
/// <param name="KeyTaken">Jobs that stay as they are, because another job with their unique key waits or runs.</param>
public sealed record RedriveReport(int Ready, int KeyTaken);

/// <param name="Released">Jobs whose key was free.</param>
/// <param name="Waiting">Whether jobs waited for a key.</param>
public sealed record ReleaseReport(int Released, bool Waiting);

/// <summary>Live counts are exact; endings are counted since the ledger was made.</summary>
public sealed record LedgerCounts
{
    public required long Scheduled { get; init; }
    public required long Ready { get; init; }
    public required long Dispatched { get; init; }

    /// <summary>Dead jobs that wait for a redrive.</summary>
    public required long DeadNow { get; init; }

    public required long Succeeded { get; init; }

    /// <summary>Jobs that ended so, discarded ones too: falls when one of those is brought back.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Jobs that did not start in time.</summary>
    public required long Expired { get; init; }

    /// <summary>Attempts that failed and were tried again, or will be.</summary>
    public required long Retried { get; init; }

    /// <summary>Settlements that came too late and changed nothing.</summary>
    public required long Stale { get; init; }

    /// <summary>Jobs that were dispatched again because their dispatch was lost.</summary>
    public required long Reclaimed { get; init; }

    public long Live => Scheduled + Ready + Dispatched;
}
