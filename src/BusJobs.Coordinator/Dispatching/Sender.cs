using System.Collections.Concurrent;
using BusJobs.Bus;
using BusJobs.Ledger;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Coordinator.Dispatching;

/// <summary>
/// Sends dispatches with many confirms in flight. One that the broker surely refused goes back to the ledger, and its queue is held
/// back for a while; one whose fate is unknown is left for Reclaim, which can prove whether somebody has it.
/// </summary>
internal sealed class Sender(JobBus bus, ILedger ledger, IOptions<CoordinatorOptions> options, TimeProvider clock, ILogger<Sender> logger)
{
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(30);

    private readonly int capacity = options.Value.SendsInFlight;
    private readonly SemaphoreSlim places = new(options.Value.SendsInFlight);
    private readonly ConcurrentDictionary<string, Hold> holds = new();

    /// <summary>Whether the queue refused its last dispatch a moment ago.</summary>
    public bool IsHeld(string queue) => holds.TryGetValue(queue, out var hold) && clock.GetTimestamp() < hold.Until;

    /// <summary>
    /// Queues that were not there for their last dispatch, and for how long. One that is full is not among them: its consumers are
    /// not at fault. Nor is, after a while, one to which nothing was sent since: its jobs may be gone, or travel by way of another
    /// coordinator.
    /// </summary>
    public IEnumerable<(string Queue, TimeSpan For)> Missing() => holds
        .Where(hold => hold.Value.Unbound && clock.GetElapsedTime(hold.Value.Until) < LongestHold)
        .Select(hold => (hold.Key, clock.GetElapsedTime(hold.Value.Since)));

    /// <summary>Returns once another dispatch may be sent, so that nothing is claimed only to wait here.</summary>
    public async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        places.Release();
    }

    /// <summary>Returns once the dispatch has a place in flight; how it fares is seen to in the background.</summary>
    public async Task SendAsync(Dispatch dispatch, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        _ = SendAndSeeAsync(dispatch, cancellationToken);
    }

    /// <summary>Returns once nothing is in flight.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < capacity; i++)
        {
            await places.WaitAsync(cancellationToken);
        }

        places.Release(capacity);
    }

    private async Task SendAndSeeAsync(Dispatch dispatch, CancellationToken cancellationToken)
    {
        try
        {
            await bus.SendAsync(bus.Names.Work(dispatch.Queue), dispatch, mandatory: true, cancellationToken);
            holds.TryRemove(dispatch.Queue, out _);
        }
        catch (SendRefusedException exception)
        {
            await ReturnAsync(dispatch, exception, cancellationToken);
        }
        catch (Exception exception)
        {
            logger.DispatchUndecided(dispatch.Id, dispatch.Queue, exception.Message);
        }
        finally
        {
            places.Release();
        }
    }

    private async Task ReturnAsync(Dispatch dispatch, SendRefusedException refusal, CancellationToken cancellationToken)
    {
        var reason = $"cannot be sent: {refusal.Message}";
        var hold = holds.AddOrUpdate(
            dispatch.Queue, _ => Hold.First(clock, refusal.Unbound), (_, before) => before.Longer(clock, LongestHold, refusal.Unbound));
        logger.DispatchReturned(dispatch.Id, dispatch.Queue, reason);
        try
        {
            await ledger.ReturnAsync([dispatch.Id], reason, hold.Time, now: null, cancellationToken);
        }
        catch (Exception exception)
        {
            // The ledger is away; the dispatch is nobody's, so Reclaim will find it.
            logger.DispatchUndecided(dispatch.Id, dispatch.Queue, exception.Message);
        }
    }

    private sealed record Hold(long Since, long Until, TimeSpan Time, bool Unbound)
    {
        public static Hold First(TimeProvider clock, bool unbound) =>
            new(clock.GetTimestamp(), After(clock, TimeSpan.FromSeconds(1)), TimeSpan.FromSeconds(1), unbound);

        /// <summary>Dispatches that were refused together count once.</summary>
        public Hold Longer(TimeProvider clock, TimeSpan longest, bool unbound)
        {
            if (clock.GetTimestamp() < Until)
            {
                return this with { Unbound = unbound };
            }

            var time = Time * 2 < longest ? Time * 2 : longest;
            return this with { Until = After(clock, time), Time = time, Unbound = unbound };
        }

        private static long After(TimeProvider clock, TimeSpan time) => clock.GetTimestamp() + (long)(time.TotalSeconds * clock.TimestampFrequency);
    }
}
