using System.Data.Common;
using System.Diagnostics.Metrics;
using BusJobs.Ledger.Upkeep;

namespace BusJobs.Scheduling.Services;

/// <summary>
/// Tells the latest report as metrics. The report is the ledger's, so every process tells the same; one that is old is not told at all,
/// because a backlog that seems to stand still is worse than none.
/// </summary>
public sealed class LedgerGauges
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IUpkeepStore store;
    private readonly TimeProvider clock;
    private LedgerReport? report;

    public LedgerGauges(IUpkeepStore store, TimeProvider clock, IMeterFactory meters)
    {
        (this.store, this.clock) = (store, clock);
        var meter = meters.Create("BusJobs.Ledger");
        meter.CreateObservableGauge("busjobs.queue.jobs", Depths, "{job}", "Jobs that wait or run, by queue and state.");
        meter.CreateObservableGauge("busjobs.queue.oldest_age", OldestAges, "s", "How long ago the first of a queue's ready jobs was due.");
        meter.CreateObservableGauge("busjobs.jobs.dead", Dead, "{job}", "Dead jobs that wait for a redrive, by kind.");
        meter.CreateObservableGauge("busjobs.report.timestamp", ReportedAt, "s", "When work was last counted, in seconds since 1970.");
    }

    /// <summary>When work was last counted, as of the last refresh; null when it never was.</summary>
    public DateTimeOffset? LastReportedAt => Volatile.Read(ref report)?.At;

    /// <summary>Reads the latest report. While the database is away there is none.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            Volatile.Write(ref report, await store.FindReportAsync(either.Token));
        }
        catch (Exception exception) when (exception is DbException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Volatile.Write(ref report, null);
        }
    }

    private LedgerReport? Current => Volatile.Read(ref report) is { } latest && clock.GetUtcNow() - latest.At < Fresh ? latest : null;

    private IEnumerable<Measurement<long>> Depths() => (Current?.Queues ?? []).SelectMany(queue => new[]
    {
        Depth(queue.Queue, "scheduled", queue.Scheduled), Depth(queue.Queue, "ready", queue.Ready), Depth(queue.Queue, "dispatched", queue.Dispatched),
    });

    private static Measurement<long> Depth(string queue, string state, long jobs) => new(jobs, new("queue", queue), new("state", state));

    private IEnumerable<Measurement<double>> OldestAges() =>
        (Current?.Queues ?? []).Select(queue => new Measurement<double>(queue.OldestSeconds, new KeyValuePair<string, object?>("queue", queue.Queue)));

    private IEnumerable<Measurement<long>> Dead() =>
        (Current?.Kinds ?? []).Select(kind => new Measurement<long>(kind.Dead, new KeyValuePair<string, object?>("kind", kind.Kind)));

    private IEnumerable<Measurement<double>> ReportedAt() => LastReportedAt is { } at ? [new(at.ToUnixTimeMilliseconds() / 1000.0)] : [];
}
