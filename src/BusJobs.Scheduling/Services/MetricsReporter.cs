using BusJobs.Ledger;
using BusJobs.Ledger.Upkeep;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling.Services;

/// <summary>
/// Counts now and then what waits and runs, and writes it down for every process that tells metrics. What has ended is never counted: the
/// ledger keeps a tally of it.
/// </summary>
internal sealed class MetricsReporter(
    IUpkeepStore store, ILedger ledger, SchedulerIdentity identity, IOptions<SchedulingOptions> options, TimeProvider clock, ILogger<MetricsReporter> logger)
    : TimedService(store, identity, options, clock, logger)
{
    /// <summary>Counting a large backlog may take a second, so it rests that much longer: it never takes more than a fiftieth of its time.</summary>
    private const int RestFor = 50;

    private readonly IUpkeepStore store = store;

    public override string Name => "metrics";

    public override TimeSpan Rest => Options.ReportEvery;

    protected override async Task<RunReport> WorkAsync(CancellationToken cancellationToken)
    {
        var start = Clock.GetTimestamp();
        var depths = await store.DepthsAsync(now: null, cancellationToken);
        var kinds = await ledger.KindsAsync(cancellationToken);
        var pause = Clock.GetElapsedTime(start) * RestFor;
        var last = await store.FindReportAsync(cancellationToken);
        await store.SaveReportAsync(new LedgerReport(Clock.GetUtcNow(), Capped(WithEmptied(depths, last)), Capped(kinds)), cancellationToken);
        return new RunReport(Did: null, pause > Rest ? pause : Rest);
    }

    /// <summary>A queue that has run empty is told to be empty: whoever watches it would take silence for a fault.</summary>
    private static IReadOnlyList<QueueDepth> WithEmptied(IReadOnlyList<QueueDepth> depths, LedgerReport? last)
    {
        var known = depths.Select(depth => depth.Queue).ToHashSet(StringComparer.Ordinal);
        return [.. depths, .. (last?.Queues ?? []).Where(depth => depth.Queue != LabelCap.Other && known.Add(depth.Queue)).Select(depth => new QueueDepth(depth.Queue, 0, 0, 0, 0))];
    }

    /// <summary>The fullest queues by name, the others as one.</summary>
    private static List<QueueDepth> Capped(IEnumerable<QueueDepth> depths) =>
        Capped(depths, depth => depth.All, rest => rest.Aggregate(new QueueDepth(LabelCap.Other, 0, 0, 0, 0), (sum, one) => sum + one));

    private static List<KindCounts> Capped(IEnumerable<KindCounts> kinds) => Capped(kinds, kind => kind.Succeeded + kind.Dead, rest => new KindCounts(
        LabelCap.Other, rest.Sum(kind => kind.Succeeded), rest.Sum(kind => kind.Dead), rest.Sum(kind => kind.Cancelled), rest.Sum(kind => kind.Retried)));

    private static List<T> Capped<T>(IEnumerable<T> all, Func<T, long> weight, Func<List<T>, T> asOther)
    {
        var sorted = all.OrderByDescending(weight).ToList();
        return sorted.Count <= LabelCap.Most ? sorted : [.. sorted.Take(LabelCap.Most), asOther(sorted[LabelCap.Most..])];
    }
}
