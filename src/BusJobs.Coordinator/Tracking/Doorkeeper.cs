using BusJobs.Ledger;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Tracking;

/// <summary>
/// Looks after what the door keeps: lets jobs go that waited for their unique key, ends those that did not start in time, and forgets
/// keys whose time is over. Settling says nothing of keys, so that it costs nothing for them: this looks 20 times a second while jobs
/// wait for a key, less often when looking takes long, and 4 times a second otherwise.
/// </summary>
internal sealed class Doorkeeper(ILedger ledger, TimeProvider clock, ILogger<Doorkeeper> logger) : CoordinatorLoop(logger, clock)
{
    private const int Most = 1_000;
    private static readonly TimeSpan WhileWaiting = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WhileNobodyWaits = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(2);

    private long? sweptAt;

    protected override string Name => "The doorkeeper";

    internal override async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        var begunAt = Clock.GetTimestamp();
        var report = await ledger.ReleaseAsync(Most, now: null, cancellationToken);
        var took = Clock.GetElapsedTime(begunAt);
        if (sweptAt is not { } before || Clock.GetElapsedTime(before) >= BetweenSweeps)
        {
            var swept = await ledger.SweepAsync(Most, now: null, cancellationToken);
            sweptAt = swept < Most ? Clock.GetTimestamp() : null;
        }

        var pause = report.Waiting ? WhileWaiting : WhileNobodyWaits;
        return report.Released == Most || sweptAt is null ? TimeSpan.Zero : took * 10 > pause ? took * 10 : pause;
    }
}
