using MassTransit;

namespace BusJobs.Bus;

/// <summary>A queue that this process reads. Can be stopped, and given a fresh consumer when the old one went silent.</summary>
public sealed class JobEndpoint
{
    private readonly Func<IReceiveEndpointObserver, HostReceiveEndpointHandle> connect;
    private readonly SemaphoreSlim turn = new(1, 1);
    private HostReceiveEndpointHandle handle = null!;
    private Consumer consumer = new();

    private JobEndpoint(string name, Func<IReceiveEndpointObserver, HostReceiveEndpointHandle> connect) => (Name, this.connect) = (name, connect);

    public string Name { get; }

    /// <summary>Whether the broker has accepted the consumer, as far as MassTransit knows.</summary>
    public bool IsReady => consumer.IsReady;

    internal static async Task<JobEndpoint> StartAsync(
        string name, Func<IReceiveEndpointObserver, HostReceiveEndpointHandle> connect, CancellationToken cancellationToken)
    {
        var endpoint = new JobEndpoint(name, connect);
        await endpoint.ConnectAsync(cancellationToken);
        return endpoint;
    }

    /// <summary>Takes no more messages; returns once those under way are done.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            consumer = new Consumer();
            await handle.StopAsync(cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Gives the queue a new consumer. The old one is not waited for: it may be the one that hangs.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
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
        consumer = new Consumer();
        handle = connect(consumer);
        await handle.Ready.WaitAsync(cancellationToken);
    }

    /// <summary>What MassTransit tells of one consumer; a former consumer's last words do not touch its successor.</summary>
    private sealed class Consumer : IReceiveEndpointObserver
    {
        private volatile bool ready;

        public bool IsReady => ready;

        public Task Ready(ReceiveEndpointReady args) => Note(true);

        public Task Stopping(ReceiveEndpointStopping args) => Note(false);

        public Task Completed(ReceiveEndpointCompleted args) => Note(false);

        public Task Faulted(ReceiveEndpointFaulted args) => Note(false);

        private Task Note(bool isReady)
        {
            ready = isReady;
            return Task.CompletedTask;
        }
    }
}
