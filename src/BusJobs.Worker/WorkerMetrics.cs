using System.Diagnostics.Metrics;
using System.Text.Json;

namespace BusJobs.Worker;

/// <summary>Counted without building a string per job.</summary>
internal sealed class WorkerMetrics
{
    public const string MeterName = "BusJobs.Worker";

    private static readonly string[] Endings = [.. Enum.GetNames<Ending>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    private readonly Histogram<double> duration;
    private readonly Histogram<int> attempts;
    private readonly Counter<long> handedBack;
    private readonly Counter<long> leasesLost;
    private readonly Counter<long> restarts;

    public WorkerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        duration = meter.CreateHistogram(
            "busjobs.worker.job.duration", "s", "How long handlers ran, by kind and ending; its count is the number of attempts.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800] });
        attempts = meter.CreateHistogram(
            "busjobs.worker.job.attempts", "{attempt}", "Attempts that jobs took until they succeeded or died, by kind.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 3, 5, 10, 20, 50] });
        handedBack = meter.CreateCounter<long>("busjobs.worker.handed_back", "{dispatch}", "Dispatches that another worker had received first.");
        leasesLost = meter.CreateCounter<long>("busjobs.worker.leases_lost", "{lease}", "Times that no beat could be confirmed for too long.");
        restarts = meter.CreateCounter<long>("busjobs.worker.endpoint_restarts", "{restart}", "Consumers found dead and started again, by queue.");
    }

    public void Finished(string kind, Ending ending, int attempt, TimeSpan ran)
    {
        if (!duration.Enabled)
        {
            return;
        }

        duration.Record(ran.TotalSeconds, new("kind", kind), new("ending", Endings[(int)ending]));
        if (ending is Ending.Completed or Ending.DeadLettered)
        {
            attempts.Record(attempt, new KeyValuePair<string, object?>("kind", kind));
        }
    }

    public void HandedBack(string queue) => handedBack.Add(1, new KeyValuePair<string, object?>("queue", queue));

    public void LeaseLost() => leasesLost.Add(1);

    public void EndpointRestarted(string queue) => restarts.Add(1, new KeyValuePair<string, object?>("queue", queue));
}
