using System.Diagnostics.Metrics;

namespace BusJobs.Outbox;

/// <summary>What waits in the outbox of this process's database, as of the last measurement, for health checks and alarms. Also told as metrics.</summary>
public sealed class OutboxHealth
{
    private readonly Counter<long> relayed;
    private readonly Counter<long> heldBack;
    private readonly Histogram<double> lag;
    private volatile OutboxBacklog backlog = new(0, TimeSpan.Zero);

    public OutboxHealth(IMeterFactory meters)
    {
        var meter = meters.Create("BusJobs.Outbox");
        relayed = meter.CreateCounter<long>("busjobs.outbox.relayed", "{job}", "Jobs that came into the ledger.");
        heldBack = meter.CreateCounter<long>("busjobs.outbox.held_back", "{job}", "Jobs that stay in the outbox for a while: parked, or turned away at the door.");
        lag = meter.CreateHistogram<double>("busjobs.outbox.lag", "s", "From a job's transaction to the deletion of its row.");
        meter.CreateObservableGauge("busjobs.outbox.backlog", () => Backlog, "{job}", "Jobs that wait in the outbox.");
        meter.CreateObservableGauge("busjobs.outbox.oldest_age", () => OldestAge.TotalSeconds, "s", "How long the first has been waiting.");
    }

    /// <summary>Jobs that wait, counted up to 100,000.</summary>
    public int Backlog => backlog.Rows;

    /// <summary>How long the first has been waiting: the outbox's lag when it stands still.</summary>
    public TimeSpan OldestAge => backlog.OldestAge;

    internal void Measured(OutboxBacklog measured) => backlog = measured;

    internal void Relayed(int jobs, TimeSpan oldest)
    {
        relayed.Add(jobs);
        lag.Record(oldest.TotalSeconds);
    }

    internal void HeldBack(int jobs) => heldBack.Add(jobs);
}
