using System.Diagnostics.Metrics;
using System.Text.Json;
using BusJobs.Coordinator.Tracking;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.Coordinator;

/// <summary>What coordinators of this process count: once for each message or batch, not for each job.</summary>
internal static class CoordinatorMetrics
{
    private static readonly Meter Meter = new("BusJobs.Coordinator");
    private static readonly LabelCap Kinds = new();
    private static readonly LabelCap Queues = new();
    private static readonly string[] Endings = [.. Enum.GetNames<Ending>().Select(JsonNamingPolicy.CamelCase.ConvertName)];
    private static readonly InstrumentAdvice<int> Sizes = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 2_500, 10_000] };

    private static readonly Counter<long> Starts = Meter.CreateCounter<long>("busjobs.jobs.started", "{job}", "Jobs that were sent to workers, by kind and queue.");

    private static readonly Counter<long> Settlements = Meter.CreateCounter<long>(
        "busjobs.jobs.settled", "{job}", "Attempts whose end was written, by kind and ending; those that came too late included.");

    private static readonly Histogram<int> Packs = Meter.CreateHistogram("busjobs.dispatch.size", "{job}", "Jobs in a dispatch.", tags: null, Sizes);

    private static readonly Histogram<int> Batches = Meter.CreateHistogram("busjobs.settle.batch", "{settlement}", "Settlements written in one transaction.", tags: null, Sizes);

    private static readonly Counter<long> Stale = Meter.CreateCounter<long>(
        "busjobs.stale_settlements", "{settlement}", "Settlements that came too late and changed nothing: their job had been dispatched again.");

    private static readonly Counter<long> Lost = Meter.CreateCounter<long>(
        "busjobs.lost_dispatches", "{dispatch}", "Dispatches that nobody would have settled, by verdict: the worker crashed, or the message was lost.");

    private static readonly Counter<long> Taken = Meter.CreateCounter<long>("busjobs.intake.jobs", "{job}", "Jobs that came by the intake queue, by the door's answer.");

    public static void Sent(Dispatch dispatch)
    {
        Starts.Add(dispatch.Jobs.Count, new("kind", Kinds.Of(dispatch.Kind)), new("queue", Queues.Of(dispatch.Queue)));
        Packs.Record(dispatch.Jobs.Count);
    }

    public static void Settled(Settled message)
    {
        if (!Settlements.Enabled)
        {
            return;
        }

        Span<int> counts = stackalloc int[Endings.Length];
        foreach (var job in message.Jobs)
        {
            counts[(int)job.Ending]++;
        }

        for (var ending = 0; ending < counts.Length; ending++)
        {
            if (counts[ending] > 0)
            {
                Settlements.Add(counts[ending], new("kind", Kinds.Of(message.Kind)), new("ending", Endings[ending]));
            }
        }
    }

    public static void Wrote(SettleReport report)
    {
        if (report.Applied + report.Stale > 0)
        {
            Batches.Record(report.Applied + report.Stale);
        }

        if (report.Stale > 0)
        {
            Stale.Add(report.Stale);
        }
    }

    public static void TookBack(int dispatches, Verdict verdict) => Lost.Add(dispatches, new KeyValuePair<string, object?>("verdict", verdict == Verdict.Crashed ? "crashed" : "lost"));

    public static void TookIn(IEnumerable<EnqueueResult> answers)
    {
        foreach (var (answer, count) in answers.CountBy(answer => answer.Word))
        {
            Taken.Add(count, new KeyValuePair<string, object?>("answer", answer));
        }
    }
}
