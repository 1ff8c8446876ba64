namespace BusJobs.Coordinator.Tracking;

/// <summary>Queues with dispatches that nobody has taken, and for how many milliseconds: what Reclaim finds and the pulse tells workers.</summary>
internal sealed class Untaken
{
    public IReadOnlyDictionary<string, long> Queues { get; set; } = new Dictionary<string, long>();
}
