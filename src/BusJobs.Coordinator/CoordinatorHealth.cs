using BusJobs.Bus;
using BusJobs.Coordinator.Tracking;

namespace BusJobs.Coordinator;

/// <summary>What <c>/health</c> needs to know of this coordinator.</summary>
public sealed class CoordinatorHealth
{
    /// <summary>The service by whose runs the ledger knows, minute by minute, that a coordinator lives: its look for lost work.</summary>
    public const string SignOfLife = "reclaim";

    private readonly JobBus bus;
    private readonly WorkerTracker workers;
    private readonly Reclaim reclaim;
    private JobEndpoint[] endpoints = [];

    internal CoordinatorHealth(JobBus bus, WorkerTracker workers, Reclaim reclaim) => (this.bus, this.workers, this.reclaim) = (bus, workers, reclaim);

    /// <summary>Whether the ledger has been reached and migrated.</summary>
    public bool LedgerIsOpen { get; internal set; }

    /// <summary>Workers that this coordinator has heard of within their lease.</summary>
    public int LiveWorkers => workers.Live.Count;

    /// <summary>When it last looked for lost work; null when it has not yet.</summary>
    public DateTimeOffset? LastReclaimAt => reclaim.LastRunAt;

    /// <summary>Why it does not move work now; empty when it does.</summary>
    public IReadOnlyList<string> NotReady()
    {
        if (!LedgerIsOpen)
        {
            return ["waiting for the database"];
        }

        if (endpoints.Length == 0)
        {
            return ["waiting for the broker", .. bus.Refused];
        }

        List<string> reasons = [.. endpoints.Where(endpoint => !endpoint.IsReady).Select(endpoint => $"no consumer on '{endpoint.Name}'"), .. bus.Refused];
        if (!endpoints.Any(endpoint => endpoint.Name == bus.Names.Intake))
        {
            reasons.Add($"no consumer on '{bus.Names.Intake}'");
        }

        if (!workers.IsCurrent)
        {
            reasons.Add($"no pulse has come back for {workers.Silence.TotalSeconds:0} s: the broker or the database is away");
        }

        return reasons;
    }

    /// <summary>Why the process should be restarted; null when it should not. A deaf coordinator has already tried to restart its consumers.</summary>
    public string? NotLive() => bus.CutOff is { } lost ? lost
        : endpoints.Length > 0 && bus.IsHealthy && workers.Silence > bus.Options.Lease * 6
        ? $"the broker is connected, and yet no pulse has come back for {workers.Silence.TotalSeconds:0} s"
        : null;

    internal void Watch(params JobEndpoint[] watched) => endpoints = watched;
}
