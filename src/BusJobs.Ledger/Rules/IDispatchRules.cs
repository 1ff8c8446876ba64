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
}
