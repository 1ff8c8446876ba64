namespace BusJobs.Api.Dashboard.Live;

/// <summary>How things stood at one moment.</summary>
/// <param name="Ready">Jobs that waited, counted up to 10,000 a queue.</param>
/// <param name="InFlight">Jobs on their way to workers, or running there.</param>
/// <param name="Succeeded">Since the ledger was made, as are the others.</param>
/// <param name="Failed">Attempts that failed: retried, and deaths.</param>
public sealed record Sample(DateTimeOffset At, long Ready, long InFlight, long Succeeded, long Failed)
{
    /// <summary>From due to done, in seconds: see <see cref="Latencies"/>.</summary>
    public double? Latency { get; init; }

    /// <summary>Deaths and retries of each kind since the ledger was made.</summary>
    public IReadOnlyDictionary<string, long> FailedByKind { get; init; } = new Dictionary<string, long>();
}

/// <summary>The samples of the last hour, in memory: as many as fit, and the oldest goes first.</summary>
internal sealed class Samples
{
    public const int Most = 360;

    private readonly Lock gate = new();
    private readonly Queue<Sample> ring = new(Most);
    private TaskCompletionSource next = New();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Sample> All
    {
        get
        {
            lock (gate)
            {
                return [.. ring];
            }
        }
    }

    /// <summary>Ends when the next sample is there.</summary>
    public Task Next
    {
        get
        {
            lock (gate)
            {
                return next.Task;
            }
        }
    }

    public void Add(Sample sample)
    {
        TaskCompletionSource told;
        lock (gate)
        {
            if (ring.Count == Most)
            {
                ring.Dequeue();
            }

            ring.Enqueue(sample);
            (told, next) = (next, New());
        }

        told.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
