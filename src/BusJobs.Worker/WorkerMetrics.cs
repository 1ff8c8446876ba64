using System.Diagnostics.Metrics;

namespace BusJobs.Worker;

/// <summary>Counted without building a string per job.</summary>
internal sealed class WorkerMetrics : IDisposable
{
    public const string MeterName = "BusJobs.Worker";

    private static readonly string[] Endings = Enum.GetNames<Ending>();

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> finished;
    private readonly Histogram<double> duration;
    private readonly Counter<long> handedBack;
    private readonly Counter<long> leasesLost;
    private readonly Counter<long> restarts;

    public WorkerMetrics()
    {
        finished = meter.CreateCounter<long>("busjobs.worker.jobs", "{job}", "Attempts that ended here, by kind and ending.");
        duration = meter.CreateHistogram<double>("busjobs.worker.job.duration", "s", "How long handlers ran, by kind.");
        handedBack = meter.CreateCounter<long>("busjobs.worker.handed_back", "{dispatch}", "Dispatches that another worker had received first.");
        leasesLost = meter.CreateCounter<long>("busjobs.worker.leases_lost", "{lease}", "Times that no beat could be confirmed for too long.");
        restarts = meter.CreateCounter<long>("busjobs.worker.endpoint_restarts", "{restart}", "Consumers found dead and started again, by queue.");
    }

    public void Finished(string kind, Ending ending, TimeSpan ran)
    {
        if (finished.Enabled)
        {
            finished.Add(1, new("kind", kind), new("ending", Endings[(int)ending]));
        }

        if (duration.Enabled)
        {
            duration.Record(ran.TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
        }
    }

    public void HandedBack(string queue) => handedBack.Add(1, new KeyValuePair<string, object?>("queue", queue));

    public void LeaseLost() => leasesLost.Add(1);

    public void EndpointRestarted(string queue) => restarts.Add(1, new KeyValuePair<string, object?>("queue", queue));

    public void Dispose() => meter.Dispose();
}
