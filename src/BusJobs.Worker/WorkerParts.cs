using System.Security.Cryptography;
using BusJobs.Bus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Worker;

/// <summary>The parts of one worker, made in the order in which a dispatch meets them.</summary>
internal sealed class WorkerParts : IDisposable
{
    private readonly CancellationTokenSource leaving = new();

    public WorkerParts(
        IOptions<BusOptions> bus,
        IOptions<WorkerOptions> worker,
        HandlerTable handlers,
        WorkerMetrics metrics,
        Uplink uplink,
        IServiceScopeFactory scopes,
        TimeProvider clock,
        ILoggerFactory loggers)
    {
        var options = worker.Value;
        var logger = Logger = loggers.CreateLogger("BusJobs.Worker");
        // A third of the lease is left for the handlers to give way, and for the beat's own journey.
        var longestSilence = bus.Value.Lease * 2 / 3;
        Identity = new WorkerIdentity(Guid.CreateVersion7(clock.GetUtcNow()), options.Name);
        Handlers = handlers;
        Held = new HeldDispatches();
        Queues = [.. Slots(options, handlers).Select(queue => New(queue.Key, queue.Value, clock))];
        Drain = new Drain(Held, Queues, options.TimeoutGrace, clock, logger);
        Lease = new Lease(clock, longestSilence);
        var writer = new BeatWriter(Identity, handlers, Queues, Held, Drain);
        Heartbeat = new Heartbeat(bus.Value, writer.Write, uplink, Lease, Held, metrics, clock, logger);
        var sender = new PatientSender(clock, logger);
        var flush = new SettlementFlush(options.Name, options.FlushInterval, uplink, sender, clock);
        var settings = new RunSettings(scopes, clock, options.TimeoutGrace, Jitter, metrics);
        Intake = new Intake(Identity, handlers, Held, Lease, Heartbeat, flush, sender, uplink, settings, options.EarlyAck, logger);
        Watchdog = new Watchdog(Queues, Held, Drain, bus.Value.Lease, metrics, logger, Leaving);
    }

    public ILogger Logger { get; }
    public WorkerIdentity Identity { get; }
    public HandlerTable Handlers { get; }
    public HeldDispatches Held { get; }
    public IReadOnlyList<WorkQueue> Queues { get; }
    public Drain Drain { get; }
    public Lease Lease { get; }
    public Heartbeat Heartbeat { get; }
    public Intake Intake { get; }
    public Watchdog Watchdog { get; }

    /// <summary>Fires when the worker will say nothing more.</summary>
    public CancellationToken Leaving => leaving.Token;

    public void Leave() => leaving.Cancel();

    public void Dispose()
    {
        Heartbeat.Dispose();
        leaving.Dispose();
    }

    private static IEnumerable<KeyValuePair<string, int>> Slots(WorkerOptions options, HandlerTable handlers)
    {
        var slots = Math.Max(4, 2 * Environment.ProcessorCount);
        return options.Queues.Count > 0
            ? options.Queues
            : handlers.Queues.Append(Names.DefaultQueue).Distinct().Select(queue => KeyValuePair.Create(queue, slots));
    }

    // A few more dispatches than slots are under way, so that no slot waits for the broker; more would hoard what others could run.
    private WorkQueue New(string queue, int slots, TimeProvider clock) => new(new QueueRunner(queue, slots, Logger), prefetch: slots + 4, clock);

    private static double Jitter() => RandomNumberGenerator.GetInt32(1 << 30) / (double)(1 << 30);
}
