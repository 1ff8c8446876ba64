namespace BusJobs.Ledger.Upkeep;

/// <summary>One run of a service that goes by the clock.</summary>
/// <param name="Took">Wall-clock time.</param>
/// <param name="Did">What it did, in a few words; null when there was nothing to do.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record ServiceRun(string Service, DateTimeOffset StartedAt, TimeSpan Took, string? Did, string? Error);

/// <summary>A service in the cluster: who leads it, and its last run, whether or not that did anything.</summary>
public sealed record ServiceState(string Service, Guid Holder, DateTimeOffset HeldUntil, ServiceRun? LastRun);

/// <summary>Until when finished jobs of a state, and of a kind or of all kinds without a rule of their own, are past their retention.</summary>
public sealed record RetentionRule(LedgerState State, string? Kind, DateTimeOffset Before);

/// <summary>A tally of dead jobs that was off.</summary>
/// <param name="Told">As many as the tally had.</param>
/// <param name="Counted">As many as there were.</param>
public sealed record DeadDrift(string Kind, long Told, long Counted);

/// <param name="Removed">How many jobs are gone.</param>
/// <param name="Last">The last id that was looked at; null when there was none left.</param>
public sealed record RemovalReport(int Removed, Guid? Last);
