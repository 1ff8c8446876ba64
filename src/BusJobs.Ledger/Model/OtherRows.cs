namespace BusJobs.Ledger.Model;

/// <summary>An attempt that ended other than well; a success is told by the job's own row.</summary>
public sealed class AttemptRow
{
    public Guid JobId { get; set; }
    public int Fence { get; set; }
    public int Number { get; set; }
    public Ending Ending { get; set; }
    public required string Worker { get; set; }
    public DateTimeOffset EndedAt { get; set; }
    public int DurationMs { get; set; }
    public string? Reason { get; set; }
}

/// <summary>Counts of one kind since the ledger was made. Many slots, summed when read, so that writers do not queue for one row.</summary>
public sealed class TallyRow
{
    public short Slot { get; set; }
    public required string Kind { get; set; }
    public long Succeeded { get; set; }

    /// <summary>Dead jobs that wait for a redrive: falls when they are redriven.</summary>
    public long Dead { get; set; }

    public long Cancelled { get; set; }
    public long Expired { get; set; }
    public long Retried { get; set; }
    public long Stale { get; set; }
    public long Reclaimed { get; set; }
}

/// <summary>A job that the success of another has enqueued. The job itself may be missing: the door had no room for it, or it was removed.</summary>
public sealed class FollowUpRow
{
    public Guid JobId { get; set; }
    public Guid Follows { get; set; }
}
