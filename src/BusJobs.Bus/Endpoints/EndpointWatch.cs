using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace BusJobs.Bus;

/// <summary>
/// Gives queues new consumers that have been without one for a lease although the broker confirms messages. MassTransit's own
/// loop can give up, or wait for good, when the broker refuses it for a moment, as a virtual host does that is being made again.
/// </summary>
internal sealed class EndpointWatch : IAsyncDisposable
{
    private readonly ConcurrentBag<JobEndpoint> endpoints = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly BusOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ITimer timer;
    private long confirmedAt;

    public EndpointWatch(BusOptions options, TimeProvider clock, ILogger logger)
    {
        (this.options, this.clock, this.logger) = (options, clock, logger);
        confirmedAt = clock.GetTimestamp();
        timer = clock.CreateTimer(_ => _ = RunOnceAsync(), state: null, options.BeatInterval, options.BeatInterval);
    }

    public void Add(JobEndpoint endpoint) => endpoints.Add(endpoint);

    public void NoteConfirmed() => Interlocked.Exchange(ref confirmedAt, clock.GetTimestamp());

    internal async Task RunOnceAsync()
    {
        // While the broker is away MassTransit goes on trying, and a new consumer would have no better luck.
        if (clock.GetElapsedTime(Interlocked.Read(ref confirmedAt)) > options.Lease || !turn.Wait(TimeSpan.Zero, stopping.Token))
        {
            return;
        }

        try
        {
            await Task.WhenAll(endpoints.Where(endpoint => endpoint.Missing > options.Lease).Select(ReviveAsync));
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await timer.DisposeAsync();
        await stopping.CancelAsync();
    }

    [SuppressMessage("Design", "CA1031", Justification = "The watch outlives its errors; the next turn is the next try.")]
    private async Task ReviveAsync(JobEndpoint endpoint)
    {
        logger.ConsumerMissed(endpoint.Name, endpoint.Missing);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            limit.CancelAfter(options.Lease);
            await endpoint.ReviveAsync(limit.Token);
        }
        catch (Exception exception)
        {
            logger.ConsumerNotBack(exception, endpoint.Name);
        }
    }
}
