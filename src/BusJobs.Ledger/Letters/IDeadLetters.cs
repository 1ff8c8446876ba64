namespace BusJobs.Ledger.Letters;

/// <summary>A dead job in short; what it died of is told by <see cref="IDeadLetters.StandingsAsync"/>, since reading ten thousand reasons takes its time.</summary>
public sealed record DeadJob(Guid Id, string Kind, string Queue, string? Tenant, DateTimeOffset DiedAt);

/// <summary>Where a job stands, with the beginning of its reason: 2,000 characters.</summary>
public sealed record JobStanding(Guid Id, LedgerState State, string? Reason);

/// <summary>What operators need of dead jobs beyond redriving them.</summary>
public interface IDeadLetters
{
    /// <summary>The newest dead jobs, newest first. Looks at <paramref name="limit"/> rows, of whichever tenant, so that it costs the same for all.</summary>
    /// <param name="tenant">Only jobs of this tenant; null for all.</param>
    Task<IReadOnlyList<DeadJob>> NewestAsync(string? tenant, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Gives dead jobs up: they are cancelled, and keep what they died of. A redrive brings them back until the cleanup removes them, which is as long after
    /// this as a cancelled job stays.
    /// </summary>
    /// <param name="by">Who does it.</param>
    /// <returns>How many there were; a job that somebody redrove, discarded or removed meanwhile is none of them.</returns>
    Task<int> DiscardAsync(DeadFilter filter, string by, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Gives a dead job another payload; it stays dead.</summary>
    /// <param name="payload">JSON by the rules of the door.</param>
    /// <returns>False when there is no such job, or it is not dead.</returns>
    /// <exception cref="JobRefusedException">The payload breaks the rules of the door.</exception>
    Task<bool> AmendAsync(Guid jobId, string payload, CancellationToken cancellationToken);

    /// <summary>Where these jobs stand, in any order; those that are gone are left out.</summary>
    Task<IReadOnlyList<JobStanding>> StandingsAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken);

    /// <summary>The open dispatch that a job is in; null when it is in none.</summary>
    Task<Guid?> DispatchOfAsync(Guid jobId, CancellationToken cancellationToken);
}
