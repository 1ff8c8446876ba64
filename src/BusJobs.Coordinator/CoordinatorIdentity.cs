namespace BusJobs.Coordinator;

/// <summary>Who this coordinator is among others; new for each start.</summary>
internal sealed class CoordinatorIdentity(TimeProvider clock)
{
    public Guid Id { get; } = Guid.CreateVersion7(clock.GetUtcNow());
}
