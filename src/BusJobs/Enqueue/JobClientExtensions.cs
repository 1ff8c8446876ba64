namespace BusJobs;

/// <summary>The typed face of <see cref="IJobClient"/>.</summary>
public static class JobClientExtensions
{
    extension(IJobClient client)
    {
        /// <exception cref="JobRefusedException">An option or the payload is not allowed.</exception>
        public Task<EnqueueResult> EnqueueAsync<TJob>(TJob job, EnqueueOptions? options = null, CancellationToken cancellationToken = default)
            where TJob : notnull =>
            client.EnqueueAsync(NewJob.From(job, options, client.Clock), cancellationToken);

        /// <summary>Enqueues many jobs as one, with one answer for each. An id in the options is refused, as it could name only one of them.</summary>
        /// <exception cref="JobRefusedException">An option or a payload is not allowed.</exception>
        public Task<IReadOnlyList<EnqueueResult>> EnqueueManyAsync<TJob>(IEnumerable<TJob> jobs, EnqueueOptions? options = null, CancellationToken cancellationToken = default)
            where TJob : notnull
        {
            if (options?.Id is { } id)
            {
                throw new JobRefusedException("id", id.ToString(), "no id when many jobs share the options");
            }

            return client.EnqueueManyAsync(jobs.Select(job => NewJob.From(job, options, client.Clock)).ToList(), cancellationToken);
        }
    }
}
