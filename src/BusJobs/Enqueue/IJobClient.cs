namespace BusJobs;

/// <summary>
/// Enqueues jobs. Which unit of work a job belongs to is decided by where the client comes from: one bound to a DbContext or
/// a transaction commits and rolls back with it, one from the host's services commits at once.
/// </summary>
public interface IJobClient
{
    /// <summary>Enqueues a job that was composed with <see cref="NewJob.From{TJob}"/> or came as JSON.</summary>
    Task<EnqueueResult> EnqueueAsync(NewJob job, CancellationToken cancellationToken);

    /// <summary>Enqueues many jobs as one: an error leaves none of them in the ledger. The door answers for each.</summary>
    /// <returns>One answer for each job, in the order given.</returns>
    Task<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken);

    /// <summary>
    /// Makes every unique key that jobs of this kind hold free again, on all instances at once. Commits at once, whatever the
    /// client is bound to. The jobs themselves stay.
    /// </summary>
    Task BumpGenerationAsync(string kind, CancellationToken cancellationToken);

    /// <summary>What new ids and due times go by.</summary>
    TimeProvider Clock { get; }
}
