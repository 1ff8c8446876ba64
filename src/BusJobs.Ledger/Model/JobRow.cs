namespace BusJobs.Ledger.Model;

/// <summary>The row that is a job. Hot statements are SQL; this shape serves queries, migrations and enqueueing through a DbContext.</summary>
public sealed class JobRow
{
    public Guid Id { get; set; }
    public required string Kind { get; set; }
    public required string Queue { get; set; }
    public required string Payload { get; set; }
    public LedgerState State { get; set; }
    public short Priority { get; set; }
    public DateTimeOffset RunAt { get; set; }
    public int Attempt { get; set; }
    public short Crashes { get; set; }

    /// <summary>The lane that follows from <see cref="Crashes"/>; computed by the database.</summary>
    public short Lane { get; private set; }

    public int Fence { get; set; }

    /// <summary>How often it was parked because it could not be packed.</summary>
    public short Parks { get; set; }

    public int? MaxAttempts { get; set; }
    public long? TimeoutMs { get; set; }
    public string? Tenant { get; set; }
    public string? SerialKey { get; set; }

    /// <summary>A JSON array of strings; null when there are none.</summary>
    public string? Tags { get; set; }

    public string? TraceParent { get; set; }
    public bool CancelRequested { get; set; }
    public DateTimeOffset EnqueuedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public int? DurationMs { get; set; }
    public string? Worker { get; set; }
    public string? Reason { get; set; }
    public short? Progress { get; set; }
    public string? ProgressNote { get; set; }
    public DateTimeOffset? ExpiresAt { get; set; }
    public string? UniqueKey { get; set; }
    public int? KeyGeneration { get; set; }
    public bool WaitsForKey { get; set; }

    /// <summary>Who has discarded it when it was dead; null for all other jobs.</summary>
    public string? DiscardedBy { get; set; }

    /// <summary>A new row, for a job without a unique key. That of a job which is due now leaves its times to the database's clock.</summary>
    internal static JobRow From(NewJob job, DateTimeOffset now)
    {
        var runAt = job.RunAt ?? now + (job.Delay ?? TimeSpan.Zero);
        return new JobRow
        {
            Id = job.Id,
            Kind = job.Kind,
            Queue = job.Queue,
            Payload = job.Payload,
            State = runAt > now ? LedgerState.Scheduled : LedgerState.Ready,
            Priority = job.Priority,
            RunAt = runAt > now ? runAt.ToUniversalTime() : default,
            MaxAttempts = job.MaxAttempts,
            TimeoutMs = (long?)job.Timeout?.TotalMilliseconds,
            Tenant = job.Tenant,
            SerialKey = job.SerialKey,
            Tags = TagList.Write(job.Tags),
            TraceParent = job.TraceParent,
            ExpiresAt = (runAt > now ? runAt.ToUniversalTime() : now) + job.MaxAge,
        };
    }
}
