namespace BusJobs.Ledger.Audit;

/// <summary>The record of what operators did. Rows are only ever added; texts that are too long are cut, so that no entry is lost for its length.</summary>
public interface IAuditTrail
{
    Task RecordAsync(AuditEntry entry, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    /// <param name="before">Only entries with smaller ids; null for the newest of all.</param>
    Task<IReadOnlyList<AuditEntry>> EntriesAsync(long? before, int limit, CancellationToken cancellationToken);
}
