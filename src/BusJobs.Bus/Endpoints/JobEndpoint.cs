using MassTransit;

namespace BusJobs.Bus;

/// <summary>A queue that this process reads. Can be stopped, and given a fresh consumer when the old one went silent.</summary>
public sealed class JobEndpoint
{
    private readonly Func<IReceiveEndpointObserver, HostReceiveEndpointHandle> read;
    private readonly Refusals refusals;
    private readonly Func<long> connectedAt;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly TaskCompletionSource accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HostReceiveEndpointHandle handle = null!;
    private readonly TimeProvider clock;
    private Consumer consumer;
    private long refusedAt;
    private bool stopped;

    /// <param name="connectedAt">When MassTransit last set out to connect.</param>
    /// <param name="read">Has MassTransit read the queue, and tell the observer how that goes.</param>
    internal JobEndpoint(string name, TimeProvider clock, Refusals refusals, Func<long> connectedAt, Func<IReceiveEndpointObserver, HostReceiveEndpointHandle> read)
    {
        (Name, this.clock, this.refusals, this.connectedAt, this.read) = (name, clock, refusals, connectedAt, read);
        consumer = NewConsumer();
        refusedAt = clock.GetTimestamp();
    }

    public string Name { get; }

    /// <summary>Whether the broker has accepted the consumer, as far as MassTransit knows, and on the connection that there is now.</summary>
    public bool IsReady => consumer.IsReadySince(connectedAt());

    /// <summary>For how long it has had no consumer against its will, or, where the broker refuses it in so many words, for how long nobody has asked again.</summary>
    internal TimeSpan Missing => stopped ? TimeSpan.Zero : Less(consumer.MissingSince(connectedAt()), clock.GetElapsedTime(Interlocked.Read(ref refusedAt)));

    /// <summary>Returns once the broker has accepted a consumer: the first, or one that took its place because it hung.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        handle = read(consumer);
        try
        {
            await accepted.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            // Nobody knows of an endpoint whose start was given up.
            stopped |= !accepted.Task.IsCompleted;
        }
    }

    /// <summary>Takes no more messages; returns once those under way are done.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            stopped = true;
            consumer = NewConsumer();
            await handle.StopAsync(cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Gives the queue a new consumer. The old one is not waited for: it may be the one that hangs.</summary>
    public Task RestartAsync(CancellationToken cancellationToken) => RestartIfAsync(static () => true, cancellationToken);

    /// <summary>As <see cref="RestartAsync"/>, unless it was stopped or got its consumer in the meantime.</summary>
    internal Task ReviveAsync(CancellationToken cancellationToken) => RestartIfAsync(() => !stopped && !IsReady, cancellationToken);

    private async Task RestartIfAsync(Func<bool> due, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (!due())
            {
                return;
            }

            _ = handle.StopAsync(CancellationToken.None);
            await ConnectAsync(cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        stopped = false;
        consumer = NewConsumer();
        handle = read(consumer);
        await handle.Ready.WaitAsync(cancellationToken);
    }

    private static TimeSpan Less(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private Consumer NewConsumer() => new(clock, Note);

    private void Note(Exception? fault)
    {
        if (refusals.Note(Name, fault))
        {
            Interlocked.Exchange(ref refusedAt, clock.GetTimestamp());
        }

        if (fault is null)
        {
            accepted.TrySetResult();
        }
    }

    /// <summary>
    /// What MassTransit tells of one consumer; a former consumer's last words do not touch its successor. It may tell nothing when the connection is cut: one that
    /// was there before the connection is dead.
    /// </summary>
    private sealed class Consumer(TimeProvider clock, Action<Exception?> fault) : IReceiveEndpointObserver
    {
        private volatile bool ready;
        private long changedAt = clock.GetTimestamp();
        private long readyAt;

        public bool IsReadySince(long connectedAt) => ready && Interlocked.Read(ref readyAt) >= connectedAt;

        public TimeSpan MissingSince(long connectedAt) => IsReadySince(connectedAt)
            ? TimeSpan.Zero
            : clock.GetElapsedTime(ready ? connectedAt : Interlocked.Read(ref changedAt));

        public Task Ready(ReceiveEndpointReady args)
        {
            Interlocked.Exchange(ref readyAt, clock.GetTimestamp());
            fault(null);
            return Note(true);
        }

        public Task Stopping(ReceiveEndpointStopping args) => Note(false);

        public Task Completed(ReceiveEndpointCompleted args) => Note(false);

        public Task Faulted(ReceiveEndpointFaulted args)
        {
            fault(args.Exception);
            return Note(false);
        }

        private Task Note(bool isReady)
        {
            // MassTransit tells of every failed try; the time counts from the first.
            if (ready != isReady)
            {
                Interlocked.Exchange(ref changedAt, clock.GetTimestamp());
                ready = isReady;
            }

            return Task.CompletedTask;
        }
    }
}
