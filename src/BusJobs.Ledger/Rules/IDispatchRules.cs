namespace BusJobs.Ledger;

/// <summary>
/// What decides, beside the order of a queue, which jobs may start: pauses, limits and shares. They are data of the ledger, so that
/// all coordinators go by the same ones; a claim that begins after a change has been made goes by the change.
/// </summary>
public interface IDispatchRules
{
    /// <summary>Lets no more jobs of a queue, kind or tenant start. Said again, it replaces who, why and when.</summary>
    /// <exception cref="JobRefusedException">The name, who or why is not allowed.</exception>
    Task PauseAsync(PauseScope scope, string name, string by, string? reason, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Ends a pause and wakes the coordinators.</summary>
    /// <returns>False when it was not paused.</returns>
    Task<bool> ResumeAsync(PauseScope scope, string name, CancellationToken cancellationToken);

    /// <summary>All pauses, by scope and name.</summary>
    Task<IReadOnlyList<Pause>> PausesAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Sets the limit of a kind or tenant in place of the one before; one that says nothing takes it away. Jobs that run at that
    /// moment are counted from then on; more of them than it allows are left to end.
    /// </summary>
    /// <exception cref="JobRefusedException">A member is outside its bounds.</exception>
    Task SetLimitAsync(DispatchLimit limit, CancellationToken cancellationToken);

    /// <summary>Sets limits that a program's code declares, each only when the declaration is new or another than before: what was set since stays.</summary>
    /// <exception cref="JobRefusedException">A member of one is outside its bounds.</exception>
    Task DeclareLimitsAsync(IReadOnlyCollection<DispatchLimit> limits, CancellationToken cancellationToken);

    /// <summary>All limits, by scope and name.</summary>
    Task<IReadOnlyList<DispatchLimit>> LimitsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// What holds a ready job: pauses, limits that are used up, a job of its key before it; and what holds the unique key of a job that waits for it or
    /// is dead. Empty when nothing but its turn or its time does; null when there is no such job.
    /// </summary>
    Task<IReadOnlyList<Hold>?> WhyAsync(Guid jobId, DateTimeOffset? now, CancellationToken cancellationToken);
}
