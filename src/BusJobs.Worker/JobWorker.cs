using System.Diagnostics.CodeAnalysis;
using BusJobs.Bus;
using BusJobs.Wire;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace BusJobs.Worker;

/// <summary>
/// The worker of this process: connects, serves its queues, and drains. A host that starts does not wait for the broker;
/// <see cref="WorkerHealth"/> tells when the worker is ready.
/// </summary>
public sealed class JobWorker : IHostedService
{
    private const int BroadcastPrefetch = 16;

    private static readonly TimeSpan ConnectPause = TimeSpan.FromSeconds(2);
    private readonly JobBus bus;
    private readonly WorkerParts parts;
    private readonly WorkerOptions options;
    private readonly TimeProvider clock;
    private readonly CancellationTokenSource connecting = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> closing;
    private Task connected = Task.CompletedTask;
    private JobEndpoint? broadcast;

    internal JobWorker(JobBus bus, WorkerParts parts, IOptions<WorkerOptions> options, TimeProvider clock)
    {
        (this.bus, this.parts, this.options, this.clock) = (bus, parts, options.Value, clock);
        closing = new Lazy<Task>(StopTakingAsync);
    }

    /// <summary>New for each start of the process.</summary>
    public Guid Id => parts.Identity.Id;

    /// <summary>Completes once every queue has its consumer for the first time.</summary>
    public Task Ready => ready.Task;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        connected = ConnectAsync(connecting.Token);
        return Task.CompletedTask;
    }

    /// <summary>Drains for the configured time, then says goodbye.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await DrainAsync(options.DrainTime, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host can wait no longer; the goodbye makes the coordinators dispatch the rest again at once.
        }

        parts.Held.ForgetAll();
        // The last beat blocks until it is confirmed or given up.
        await Task.Run(parts.Heartbeat.Stop, CancellationToken.None);
        parts.Leave();
    }

    /// <summary>Begins no more jobs, gives unstarted ones back at once, and waits until running ones have ended and are settled.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up; the drain goes on.</exception>
    public Task DrainAsync(CancellationToken cancellationToken) => DrainAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>As <see cref="DrainAsync(CancellationToken)"/>, but what still runs at the deadline is cancelled and given back.</summary>
    /// <returns>True when every job ended by itself. Calling it again, also at the same time, drains once.</returns>
    /// <exception cref="OperationCanceledException">The wait was given up; the drain goes on.</exception>
    public async Task<bool> DrainAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        parts.Drain.Begin();
        parts.Heartbeat.Request();
        await connecting.CancelAsync();
        var closed = closing.Value;
        var clean = await parts.Drain.RunAsync(deadline, cancellationToken);
        await Task.WhenAny(closed, Task.Delay(options.TimeoutGrace, clock, cancellationToken));
        // What the broker had already sent when its consumer was stopped has been given back by now, or is soon.
        return await parts.Drain.RunAsync(options.TimeoutGrace, cancellationToken) && clean;
    }

    [SuppressMessage("Design", "CA1031", Justification = "The loop outlives its errors: the broker may come up later than the worker.")]
    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ConnectOnceAsync(cancellationToken);
                ready.TrySetResult();
                return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                parts.Logger.ConnectFailed(exception, ConnectPause);
                await Task.Delay(ConnectPause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Drained before it was connected.
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var spec = new EndpointSpec(bus.Names.Own(Id), EndpointKind.Broadcast, BroadcastPrefetch);
        var consumer = new BroadcastConsumer(parts.Identity, parts.Held, parts.Heartbeat, parts.Watchdog, BeginDrain);
        broadcast ??= await bus.ConnectAsync(spec, endpoint =>
        {
            // It is addressed to one worker, so no exchange is needed that everybody would have to be let read.
            endpoint.ConfigureMessageTopology<DrainWorker>(enabled: false);
            endpoint.Instance(consumer);
        }, cancellationToken);
    }

    private void BeginDrain(string by)
    {
        parts.Logger.DrainAsked(by);
        // Not awaited: what runs takes the time that it needs, and cancellations wait behind the message that asked for this.
        _ = DrainAsync(parts.Leaving);
    }

    private async Task StopTakingAsync()
    {
        // A connect that is under way ends first, or it would add a consumer behind our back.
        await connected;
        await Task.WhenAll(parts.Queues.Select(queue => StopAsync(queue.Endpoint, parts.Leaving)));
    }

    [SuppressMessage("Design", "CA1031", Justification = "A consumer that cannot be stopped must not keep the others, or the process.")]
    private async Task StopAsync(JobEndpoint? endpoint, CancellationToken cancellationToken)
    {
        try
        {
            await (endpoint?.StopAsync(cancellationToken) ?? Task.CompletedTask);
        }
        catch (Exception exception)
        {
            parts.Logger.EndpointStopFailed(exception, endpoint!.Name);
        }
    }

    // Beats come first, so that no dispatch arrives at a worker that nobody has heard of; what cancels comes before what runs.
    private async Task ConnectOnceAsync(CancellationToken cancellationToken)
    {
        await bus.StartAsync(cancellationToken);
        parts.Heartbeat.Start();
        await parts.Lease.Held.WaitAsync(cancellationToken);
        await ListenAsync(cancellationToken);
        foreach (var queue in parts.Queues.Where(queue => queue.Endpoint is null))
        {
            var spec = new EndpointSpec(bus.Names.Work(queue.Name), EndpointKind.Work, queue.Prefetch);
            var consumer = new DispatchConsumer(queue, parts.Intake, parts.Logger, parts.Leaving);
            queue.Connected(await bus.ConnectAsync(spec, endpoint => endpoint.Instance(consumer), cancellationToken));
        }

        parts.Logger.WorkerReady(options.Name, string.Join(", ", parts.Queues.Select(queue => queue.Name)), string.Join(", ", parts.Handlers.Kinds));
    }
}
