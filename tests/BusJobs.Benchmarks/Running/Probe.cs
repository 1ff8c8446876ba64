namespace BusJobs.Benchmarks.Running;

/// <summary>What the handlers of one run see: how many jobs came, and when.</summary>
internal sealed class Probe(int expected)
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] startedAt = new long[expected];
    private int count;

    public int Expected => expected;
    public int Count => Volatile.Read(ref count);
    public long FirstAt { get; private set; }
    public long LastAt { get; private set; }

    /// <summary>Completes with the first job.</summary>
    public Task First => first.Task;

    /// <summary>Jobs per second from the first to the last.</summary>
    public double Rate => (expected - 1) / Clock.GetElapsedTime(FirstAt, LastAt).TotalSeconds;

    /// <summary>When the handler of a job began; a job that runs twice counts from its first time.</summary>
    public long StartOf(int number) => Volatile.Read(ref startedAt[number]);

    public void Note(int number)
    {
        var now = Clock.GetTimestamp();
        if (Interlocked.CompareExchange(ref startedAt[number], now, 0) != 0)
        {
            return;
        }

        var noted = Interlocked.Increment(ref count);
        if (noted == 1)
        {
            FirstAt = now;
            first.SetResult();
        }

        if (noted == expected)
        {
            LastAt = now;
            all.SetResult();
        }
    }

    /// <summary>Returns once the handlers have seen every job.</summary>
    /// <exception cref="TimeoutException">Nothing moved for a minute.</exception>
    public async Task AllAsync(CancellationToken cancellationToken)
    {
        for (var before = -1; !all.Task.IsCompleted;)
        {
            if (before == Count)
            {
                throw new TimeoutException($"stuck: {before:N0} of {expected:N0} jobs ran, and none in the last {Patience.TotalSeconds:0} s");
            }

            before = Count;
            await Task.WhenAny(all.Task, Task.Delay(Patience, Clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Returns once the ledger has counted every job as succeeded, and when that was.</summary>
    /// <exception cref="TimeoutException">It did not within a minute.</exception>
    public async Task<long> SettledAsync(Func<CancellationToken, Task<long>> succeeded, CancellationToken cancellationToken)
    {
        var begun = Clock.GetTimestamp();
        long settled;
        while ((settled = await succeeded(cancellationToken)) < expected)
        {
            if (Clock.GetElapsedTime(begun) > Patience)
            {
                throw new TimeoutException($"stuck: the ledger has settled {settled:N0} of {expected:N0} jobs that ran");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), Clock, cancellationToken);
        }

        return Clock.GetTimestamp();
    }
}
