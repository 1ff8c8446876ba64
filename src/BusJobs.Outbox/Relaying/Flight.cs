using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using BusJobs.Bus;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Outbox.Relaying;

/// <summary>
/// Packs that were sent and not yet answered: as many as may be, each for as long as the relay's patience lasts. A pack whose answer is lost
/// is handed over again when its rows are due again; the ledger knows the jobs by their ids then.
/// </summary>
internal sealed class Flight(JobBus bus, Clearing clearing, OutboxOptions options, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, Pack> open = new();
    private readonly SemaphoreSlim places = new(options.PacksInFlight);
    private readonly Lock holding = new();
    private TimeSpan hold;
    private long heldUntil;

    /// <summary>Returns once another pack may be sent, so that nothing is claimed only to wait here.</summary>
    public async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        if (Held is { Ticks: > 0 } held)
        {
            await Task.Delay(held, clock, cancellationToken);
        }

        await TakePlaceAsync(cancellationToken);
        places.Release();
    }

    /// <summary>Returns once the pack has its place; how it fares is seen to in the background.</summary>
    public async Task SendAsync(Pack pack, CancellationToken cancellationToken)
    {
        await TakePlaceAsync(cancellationToken);
        if (IsOver(pack))
        {
            // It waited here for longer than its rows are claimed: they are due again, and somebody may have them.
            places.Release();
            return;
        }

        open[pack.Handover.Id] = pack;
        _ = SendAndSeeAsync(pack, cancellationToken);
    }

    /// <summary>Hears an answer; those to other relays, and to packs that were given up, are nothing to it.</summary>
    public void Hear(HandoverAnswer answer)
    {
        if (open.TryRemove(answer.HandoverId, out var pack))
        {
            lock (holding)
            {
                hold = TimeSpan.Zero;
            }

            clearing.Add(pack, answer.HeldBack, () => places.Release());
        }
    }

    /// <summary>For how long nothing should be sent, since the last handover could not be.</summary>
    private TimeSpan Held
    {
        get
        {
            lock (holding)
            {
                return hold > TimeSpan.Zero ? clock.GetElapsedTime(clock.GetTimestamp(), heldUntil) : TimeSpan.Zero;
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Sends in the background: whatever went wrong, the jobs go back to the outbox.")]
    private async Task SendAndSeeAsync(Pack pack, CancellationToken cancellationToken)
    {
        try
        {
            await bus.SendAsync(bus.Names.Intake, pack.Handover, options.Patience, cancellationToken);
        }
        catch (Exception exception)
        {
            if (open.TryRemove(pack.Handover.Id, out _))
            {
                var delay = HoldLonger();
                logger.HandoverFailed(pack.Rows.Count, delay, exception.Message);
                clearing.Add(pack, [.. pack.Rows.Select((_, index) => new HeldBack(index, exception.Message, (long)delay.TotalMilliseconds))], () => places.Release());
            }
        }
    }

    /// <summary>Packs that failed together count once.</summary>
    private TimeSpan HoldLonger()
    {
        lock (holding)
        {
            if (hold == TimeSpan.Zero || clock.GetTimestamp() >= heldUntil)
            {
                hold = hold == TimeSpan.Zero ? FirstHold : hold * 2 < LongestHold ? hold * 2 : LongestHold;
                heldUntil = clock.GetTimestamp() + (long)(hold.TotalSeconds * clock.TimestampFrequency);
            }

            return hold;
        }
    }

    private async Task TakePlaceAsync(CancellationToken cancellationToken)
    {
        do
        {
            GiveUpUnanswered();
        }
        while (!await places.WaitAsync(options.PollInterval, cancellationToken));
    }

    private bool IsOver(Pack pack) => clock.GetElapsedTime(pack.ClaimedAt) >= options.Patience;

    private void GiveUpUnanswered()
    {
        foreach (var (id, pack) in open)
        {
            if (IsOver(pack) && open.TryRemove(id, out _))
            {
                logger.Unanswered(options.Patience, pack.Rows.Count);
                places.Release();
            }
        }
    }
}
