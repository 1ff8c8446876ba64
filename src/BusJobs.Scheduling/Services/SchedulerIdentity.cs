namespace BusJobs.Scheduling.Services;

/// <summary>Who this process is among those that may lead; new for each start.</summary>
public sealed class SchedulerIdentity(TimeProvider clock)
{
    public Guid Id { get; } = Guid.CreateVersion7(clock.GetUtcNow());
}
