namespace BusJobs.Ledger.Upkeep;

/// <summary>What services that go by the clock need of the ledger: one leader in a cluster, a history of runs, and the removal of what is old.</summary>
public interface IUpkeepStore
{
    /// <summary>Takes or renews the lead of a service.</summary>
    /// <returns>False while another holder's lease lasts.</returns>
    Task<bool> LeaseAsync(string service, Guid holder, TimeSpan ttl, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Gives up the lead, so that another may take it at once.</summary>
    Task ReleaseAsync(string service, Guid holder, CancellationToken cancellationToken);

    /// <summary>Notes the last run of a service, led or not; one that did something or failed goes into the history.</summary>
    Task RecordRunAsync(ServiceRun run, CancellationToken cancellationToken);

    Task<IReadOnlyList<ServiceState>> ServicesAsync(CancellationToken cancellationToken);

    /// <summary>The latest runs that did something or failed, the latest first.</summary>
    Task<IReadOnlyList<ServiceRun>> RunsAsync(string service, int limit, CancellationToken cancellationToken);

    /// <summary>What waits and runs, by queue: counted along the indexes of live jobs, so it costs as much as there are of them.</summary>
    Task<IReadOnlyList<QueueDepth>> DepthsAsync(DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Replaces the report that every process reads.</summary>
    Task SaveReportAsync(LedgerReport report, CancellationToken cancellationToken);

    /// <summary>Null when there has been none.</summary>
    Task<LedgerReport?> FindReportAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Compares the tally of dead jobs with those that are there, which somebody may have deleted by hand, and mends it. What ends, is redriven, discarded
    /// or removed meanwhile is counted exactly all the same. Looks at the dead jobs only, so it costs as much as there are of them.
    /// </summary>
    /// <returns>What was off, by kind; nothing as a rule.</returns>
    Task<IReadOnlyList<DeadDrift>> ReconcileAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Looks at up to <paramref name="limit"/> jobs in the order of their ids, and removes those that are past their retention, with
    /// their attempts. Ids are mostly as old as their jobs, so what is old comes first and no index of finished jobs is needed.
    /// </summary>
    Task<RemovalReport> RemoveJobsAsync(
        IReadOnlyCollection<RetentionRule> rules, Guid after, Guid upTo, int limit, CancellationToken cancellationToken);

    /// <summary>Removes up to <paramref name="limit"/> fires, and as many runs of services, from before the moment.</summary>
    Task<int> RemoveHistoryAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken);

    /// <summary>Removes up to <paramref name="limit"/> entries of the audit from before the moment, the oldest first.</summary>
    Task<int> RemoveAuditAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken);
}
