namespace BusJobs;

/// <summary>
/// Enqueues jobs. Which unit of work a job belongs to is decided by where the client comes from: one bound to a DbContext or
/// a transaction commits and rolls back with it, one from the host's services commits at once.
/// </summary>
public interface IJobClient
{
    /// <summary>Enqueues a job that was composed with <see cref="NewJob.From{TJob}"/> or came as JSON.</summary>
    Task<EnqueueResult> EnqueueAsync(NewJob job, CancellationToken cancellationToken);

    /// <summary>Enqueues many jobs as one: all or none.</summary>
    /// <returns>How many were new; the others had ids that the ledger knew.</returns>
    Task<int> EnqueueManyAsync(IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken);

    /// <summary>What new ids and due times go by.</summary>
    TimeProvider Clock { get; }
}
