using System.Diagnostics.Metrics;

namespace BusJobs.Worker;

/// <summary>What one <see cref="LocalProcessor{T}"/> does, by its scope.</summary>
internal sealed class LocalMetrics : IDisposable
{
    private readonly Meter meter = new(WorkerMetrics.MeterName);
    private readonly Counter<long> runs;
    private readonly KeyValuePair<string, object?> scope;
    private long failures;

    public LocalMetrics(string scope, Func<int> length, Func<TimeSpan> age)
    {
        this.scope = new("scope", scope);
        runs = meter.CreateCounter<long>("busjobs.local.runs", "{run}", "Work whose turn has come, by scope and ending: ran, failed or passed over.");
        meter.CreateObservableGauge("busjobs.local.queue_length", () => new Measurement<int>(length(), this.scope), "{item}", "What waits in memory.");
        meter.CreateObservableGauge("busjobs.local.oldest_age", () => new Measurement<double>(age().TotalSeconds, this.scope), "s", "How long the first has been waiting.");
    }

    public long Failures => Interlocked.Read(ref failures);

    public void Ran() => runs.Add(1, scope, new("ending", "ran"));

    public void Failed()
    {
        Interlocked.Increment(ref failures);
        runs.Add(1, scope, new("ending", "failed"));
    }

    /// <param name="free">Whether nobody had the key.</param>
    public void Asked(bool free)
    {
        if (!free)
        {
            runs.Add(1, scope, new("ending", "passed over"));
        }
    }

    public void Dispose() => meter.Dispose();
}
