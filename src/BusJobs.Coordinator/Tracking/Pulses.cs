using System.Collections.Concurrent;
using BusJobs.Bus;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Tracking;

/// <summary>Sends this coordinator's pulse and hears its echo. See <see cref="Pulse"/> for what an echo proves.</summary>
internal sealed class Pulses(JobBus bus, WorkerTracker workers, CoordinatorIdentity identity, Untaken untaken, TimeProvider clock, ILogger<Pulses> logger)
    : CoordinatorLoop(logger, clock)
{
    private readonly ConcurrentDictionary<long, long> sent = new();
    private readonly Hearing hearing = new(clock);
    private readonly ILogger logger = logger;
    private long number;
    private long restartedAt;

    protected override string Name => "The pulse";

    /// <summary>Asks for new consumers when the bus claims to be healthy and yet no pulse comes back.</summary>
    public Func<CancellationToken, Task>? Deaf { get; set; }

    internal override async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        foreach (var old in sent.Where(pulse => Clock.GetElapsedTime(pulse.Value) > bus.Options.Lease))
        {
            sent.TryRemove(old);
        }

        sent[++number] = Clock.GetTimestamp();
        var pulse = new Pulse { CoordinatorId = identity.Id, Number = number, Untaken = untaken.Queues };
        await hearing.AskAsync(() => bus.SendBrieflyAsync(bus.Names.Settlements, pulse, cancellationToken));
        await RestartIfDeafAsync(cancellationToken);
        return bus.Options.BeatInterval;
    }

    public void Hear(PulseEcho echo)
    {
        if (echo.CoordinatorId == identity.Id && sent.TryRemove(echo.Number, out var sentAt))
        {
            workers.Prove(sentAt);
        }
    }

    private async Task RestartIfDeafAsync(CancellationToken cancellationToken)
    {
        var patience = bus.Options.Lease * 2;
        if (!hearing.IsDeaf(workers.Silence, patience) || !bus.IsHealthy || Clock.GetElapsedTime(restartedAt) < patience || Deaf is null)
        {
            return;
        }

        restartedAt = Clock.GetTimestamp();
        logger.PulseLost(workers.Silence);
        await Deaf(cancellationToken);
    }
}
