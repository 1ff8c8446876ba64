using BusJobs.Ledger;

namespace BusJobs.Api.Dashboard.Live;

/// <summary>
/// How long jobs take from the moment they are due until they are done. No index is by the time of a success, and none is kept for a chart: so it looks at the newest
/// jobs, which tell while work keeps up, and when none of them is done, at what runs, which tells for how long that has been waited for.
/// </summary>
internal sealed class Latencies(ILedger ledger, TimeProvider clock)
{
    private const int Looked = 200;

    /// <summary>The middle one, in seconds; null when nothing was done and nothing runs.</summary>
    /// <param name="within">How long ago a job may have ended.</param>
    public async Task<double?> NowAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var newest = await ledger.ListAsync(new JobFilter(), after: null, Looked, cancellationToken);
        var since = clock.GetUtcNow() - within;
        return Middle(newest.Jobs.Where(job => job.State == LedgerState.Succeeded && job.FinishedAt >= since).Select(job => job.FinishedAt!.Value - job.RunAt))
            ?? await OfRunningAsync(cancellationToken);
    }

    private async Task<double?> OfRunningAsync(CancellationToken cancellationToken)
    {
        var running = await ledger.ListAsync(new JobFilter { State = LedgerState.Dispatched }, after: null, Looked, cancellationToken);
        var now = clock.GetUtcNow();
        return Middle(running.Jobs.Select(job => now - job.RunAt));
    }

    private static double? Middle(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return sorted.Count == 0 ? null : Math.Max(0, sorted[sorted.Count / 2].TotalSeconds);
    }
}
