using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace BusJobs.Bus;

/// <summary>
/// Gives queues new consumers that have been without one for a lease although the broker confirms messages. MassTransit's own
/// loop can give up, or wait for good, when the broker refuses it for a moment, as a virtual host does that is being made again.
/// Where nothing is confirmed either, it tells a broker that is away from a connection that MassTransit has lost for good: then the bus is made anew, and where that does not help, only a new process does.
/// </summary>
internal sealed class EndpointWatch : IAsyncDisposable
{
    private const long Never = long.MinValue;

    private readonly ConcurrentBag<JobEndpoint> endpoints = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly BusOptions options;
    private readonly TimeProvider clock;
    private readonly Func<CancellationToken, Task<bool>> opens;
    private readonly Func<CancellationToken, Task> replace;
    private readonly ILogger logger;
    private readonly ITimer timer;
    private long confirmedAt;
    private long unconfirmedAt = Never;
    private long cutOffAt = Never;

    /// <param name="opens">Whether the broker gives this process a connection of its own, beside MassTransit's.</param>
    /// <param name="replace">Makes the bus anew; its endpoints get their new consumers here.</param>
    public EndpointWatch(
        BusOptions options, Func<CancellationToken, Task<bool>> opens, Func<CancellationToken, Task> replace, TimeProvider clock, ILogger logger)
    {
        (this.options, this.opens, this.replace, this.clock, this.logger) = (options, opens, replace, clock, logger);
        confirmedAt = clock.GetTimestamp();
        timer = clock.CreateTimer(_ => _ = RunOnceAsync(), state: null, options.BeatInterval, options.BeatInterval);
    }

    /// <summary>For how long the broker has been giving connections, and no queue of this process has had a consumer.</summary>
    public TimeSpan CutOff => Interlocked.Read(ref cutOffAt) is var at and not Never ? clock.GetElapsedTime(at) : TimeSpan.Zero;

    public void Add(JobEndpoint endpoint) => endpoints.Add(endpoint);

    public void NoteConfirmed()
    {
        Interlocked.Exchange(ref confirmedAt, clock.GetTimestamp());
        Interlocked.Exchange(ref unconfirmedAt, Never);
    }

    /// <summary>A send was given up.</summary>
    public void NoteUnconfirmed() => Interlocked.CompareExchange(ref unconfirmedAt, clock.GetTimestamp(), Never);

    internal async Task RunOnceAsync()
    {
        if (!turn.Wait(TimeSpan.Zero, stopping.Token))
        {
            return;
        }

        try
        {
            if (clock.GetElapsedTime(Interlocked.Read(ref confirmedAt)) > options.Lease)
            {
                // While the broker is away MassTransit goes on trying, and a new consumer would have no better luck.
                await SeeToConnectionAsync();
                return;
            }

            NoteCutOff(false);
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

    private void NoteCutOff(bool isCutOff)
    {
        if (!isCutOff)
        {
            Interlocked.Exchange(ref cutOffAt, Never);
        }
        else if (cutOffAt == Never)
        {
            Interlocked.Exchange(ref cutOffAt, clock.GetTimestamp());
        }
    }

    private async Task SeeToConnectionAsync()
    {
        // A broker that takes no messages for lack of memory leaves consumers where they are.
        var isMissed = !endpoints.IsEmpty && endpoints.All(endpoint => endpoint.Missing > options.Lease);
        var unconfirmed = Interlocked.Read(ref unconfirmedAt) is var at and not Never ? clock.GetElapsedTime(at) : TimeSpan.Zero;
        var isLost = unconfirmed > options.Lease * 2;
        var isGiven = (isMissed || isLost) && await opens(stopping.Token);
        NoteCutOff(isMissed && isGiven);
        if (isLost && isGiven)
        {
            await ReplaceAsync(unconfirmed);
        }
    }

    /// <summary>
    /// One send after the other has been given up for two leases, and the broker gives connections: MassTransit waits for one that was cut, and may do so for good, whatever it says
    /// of its consumers. A broker that takes no messages for lack of memory looks the same; a new bus costs nothing then, since no worker has its lease.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "The watch outlives its errors; the next turn is the next try.")]
    private async Task ReplaceAsync(TimeSpan unconfirmed)
    {
        logger.BusLost(unconfirmed);
        // So that the new one has as much time.
        Interlocked.Exchange(ref unconfirmedAt, clock.GetTimestamp());
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            limit.CancelAfter(options.Lease);
            await replace(limit.Token);
            await Task.WhenAll(endpoints.Select(endpoint => endpoint.ReviveAsync(limit.Token)));
        }
        catch (Exception exception)
        {
            logger.BusNotBack(exception);
        }
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
