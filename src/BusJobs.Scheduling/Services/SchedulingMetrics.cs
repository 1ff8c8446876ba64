using System.Diagnostics.Metrics;
using BusJobs.Ledger.Schedules;
using BusJobs.Ledger.Upkeep;
using BusJobs.Scheduling.Fires;

namespace BusJobs.Scheduling.Services;

/// <summary>What goes by the clock in this process.</summary>
internal static class SchedulingMetrics
{
    private static readonly Meter Meter = new("BusJobs.Scheduling");
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600] };

    private static readonly Counter<long> Fires = Meter.CreateCounter<long>("busjobs.schedule.fires", "{fire}", "Fire times of schedules, by what became of them.");

    private static readonly Histogram<double> Lag = Meter.CreateHistogram("busjobs.schedule.lag", "s", "From a fire time to its job.", tags: null, Seconds);

    private static readonly Counter<long> Drift = Meter.CreateCounter<long>("busjobs.tally.drift", "{job}", "By how many jobs counts were off when they were reconciled.");

    private static readonly Histogram<double> Runs = Meter.CreateHistogram(
        "busjobs.service.duration", "s", "Runs of the services that go by the clock, by service and ending.", tags: null, Seconds);

    private static readonly Gauge<double> LastRun = Meter.CreateGauge<double>(
        "busjobs.service.last_run", "s", "When this process last ran a service without a fault, in seconds since 1970.");

    public static void Fired(FireCount count, IEnumerable<FireRecord> fires)
    {
        foreach (var (outcome, times) in new (string, long)[] { ("enqueued", count.Fired), ("skipped", count.Skipped), ("refused", count.Refused), ("missed", count.Missed) })
        {
            if (times > 0)
            {
                Fires.Add(times, new KeyValuePair<string, object?>("outcome", outcome));
            }
        }

        foreach (var fire in fires)
        {
            Lag.Record((fire.FiredAt - fire.NominalAt).TotalSeconds);
        }
    }

    public static void Mended(IEnumerable<DeadDrift> drifts) => Drift.Add(drifts.Sum(drift => Math.Abs(drift.Counted - drift.Told)));

    public static void Ran(string service, DateTimeOffset startedAt, TimeSpan took, bool failed)
    {
        Runs.Record(took.TotalSeconds, new("service", service), new("ending", failed ? "failed" : "done"));
        if (!failed)
        {
            LastRun.Record(startedAt.ToUnixTimeMilliseconds() / 1000.0, new KeyValuePair<string, object?>("service", service));
        }
    }
}
