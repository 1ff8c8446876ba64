namespace BusJobs;

/// <summary>
/// Does the work of one kind. Returning settles the job as succeeded; throwing makes the kind's policy decide: again later,
/// or dead. A handler is resolved from a scope of its own for each attempt.
/// </summary>
public interface IJobHandler<in TJob>
{
    /// <param name="job">The command, as it was enqueued.</param>
    /// <param name="attempt">Which try this is, and what the handler may say while it runs.</param>
    /// <param name="cancellationToken">
    /// Fires on timeout, on cancellation by an operator, at the end of a drain, and when the worker has lost its lease.
    /// </param>
    /// <exception cref="PermanentJobException">No later attempt can succeed: the job is dead at once.</exception>
    /// <exception cref="SnoozeJobException">Not now: run again later, with no attempt burnt.</exception>
    Task HandleAsync(TJob job, JobAttempt attempt, CancellationToken cancellationToken);
}
