namespace BusJobs.Benchmarks.Running;

/// <summary>The job of all benchmarks: does nothing, as only BusJobs is measured.</summary>
[JobKind(Name)]
internal sealed record Noop(int Number)
{
    public const string Name = "bench.noop";
}

internal sealed class NoopHandler(Probe probe) : IJobHandler<Noop>
{
    public Task HandleAsync(Noop job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        probe.Note(job.Number);
        return Task.CompletedTask;
    }
}
