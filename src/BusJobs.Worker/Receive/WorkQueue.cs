using BusJobs.Bus;

namespace BusJobs.Worker;

/// <summary>One queue as this worker serves it: its slots, its consumer, and what was last heard of it.</summary>
internal sealed class WorkQueue(QueueRunner runner, int prefetch, TimeProvider clock)
{
    private long seen;
    private long heardAt = clock.GetTimestamp();

    public string Name => runner.Queue;
    public QueueRunner Runner => runner;
    public int Prefetch => prefetch;

    /// <summary>Null until the broker has accepted the consumer for the first time.</summary>
    public JobEndpoint? Endpoint { get; private set; }

    /// <summary>Gives the queue a fresh consumer; null until it had its first.</summary>
    public Func<CancellationToken, Task>? Restart { get; set; }

    public void Connected(JobEndpoint endpoint)
    {
        Endpoint = endpoint;
        Restart = endpoint.RestartAsync;
        Interlocked.Exchange(ref heardAt, clock.GetTimestamp());
    }

    /// <summary>The highest sequence received.</summary>
    public long Seen => Interlocked.Read(ref seen);

    /// <summary>Since the last delivery, or since the consumer was last (re)started.</summary>
    public TimeSpan Silence => clock.GetElapsedTime(Interlocked.Read(ref heardAt));

    /// <summary>Restarts of the consumer since the last delivery.</summary>
    public int FruitlessRestarts { get; private set; }

    public void NoteDelivery()
    {
        Interlocked.Exchange(ref heardAt, clock.GetTimestamp());
        FruitlessRestarts = 0;
    }

    public void NoteRestart()
    {
        Interlocked.Exchange(ref heardAt, clock.GetTimestamp());
        FruitlessRestarts++;
    }

    public void NoteSeen(long sequence)
    {
        for (var before = Seen; before < sequence;)
        {
            var found = Interlocked.CompareExchange(ref seen, sequence, before);
            if (found == before)
            {
                return;
            }

            before = found;
        }
    }
}
