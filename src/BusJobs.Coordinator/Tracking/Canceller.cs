using BusJobs.Bus;
using BusJobs.Ledger;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Tracking;

/// <summary>Passes requests to cancel running jobs on to the workers, and repeats them until the jobs have ended.</summary>
internal sealed class Canceller(ILedger ledger, JobBus bus, TimeProvider clock, ILogger<Canceller> logger) : CoordinatorLoop(logger, clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    protected override string Name => "The canceller";

    internal override async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        var jobs = await ledger.CancelRequestedAsync(1_000, cancellationToken);
        if (jobs.Count > 0)
        {
            await bus.PublishAsync(new CancelJobs { JobIds = jobs }, cancellationToken);
        }

        return Interval;
    }
}
