namespace BusJobs.Ledger.Audit;

/// <summary>What somebody did, for those who ask later.</summary>
public sealed record AuditEntry
{
    /// <summary>Rises with time; 0 before it is written.</summary>
    public long Id { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>The name of the API key.</summary>
    public required string Who { get; init; }

    /// <summary>In a word or two, such as <c>job.cancel</c>.</summary>
    public required string What { get; init; }

    /// <summary>What it was done to, such as the id of a job.</summary>
    public required string Target { get; init; }

    /// <summary>What was asked beyond that; null when nothing was.</summary>
    public string? Detail { get; init; }

    /// <summary>What came of it.</summary>
    public required string Result { get; init; }
}
