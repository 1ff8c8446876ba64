using BusJobs.Ledger;

namespace BusJobs.Server.Reindex;

/// <summary>One line that tells how the jobs fare: rewritten in place on a terminal, printed when it changes elsewhere.</summary>
internal sealed class ProgressLine(ILedger ledger, TimeProvider clock, TextWriter output, bool isLive)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly long startedAt = clock.GetTimestamp();
    private string shown = "";
    private long before = -1;
    private long beforeAt;

    /// <summary>Follows until no job is waiting or running.</summary>
    /// <param name="first">The counts before the jobs were enqueued: some may be done by now.</param>
    public async Task<LedgerCounts> FollowAsync(LedgerCounts first, bool showAll, CancellationToken cancellationToken)
    {
        for (var turn = 0; ; turn++)
        {
            var counts = await CountAsync(cancellationToken);
            if (showAll && (isLive || turn % 4 == 0 || counts.Live == 0))
            {
                Show(Line(counts, first), final: counts.Live == 0);
            }

            if (counts.Live == 0)
            {
                return counts;
            }

            await Task.Delay(Interval, clock, cancellationToken);
        }
    }

    /// <summary>A ledger that is away for a while is a pause in the line, not the end of it.</summary>
    public async Task<LedgerCounts> CountAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ledger.CountsAsync(cancellationToken);
            }
            catch (System.Data.Common.DbException) when (!cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(Interval, clock, cancellationToken);
            }
        }
    }

    private string Line(LedgerCounts counts, LedgerCounts first)
    {
        var done = counts.Succeeded - first.Succeeded;
        var rate = before < 0 ? 0 : (done - before) / Math.Max(0.001, clock.GetElapsedTime(beforeAt).TotalSeconds);
        (before, beforeAt) = (done, clock.GetTimestamp());
        if (counts.Live == 0)
        {
            rate = done / Math.Max(0.001, clock.GetElapsedTime(startedAt).TotalSeconds);
        }

        return $"  jobs    {counts.Scheduled + counts.Ready:N0} ready, {counts.Dispatched:N0} running, {done:N0} done, "
            + $"{counts.Retried - first.Retried:N0} retried, {counts.DeadNow:N0} failed, {rate:N0} jobs/s";
    }

    private void Show(string line, bool final)
    {
        if (isLive)
        {
            output.Write($"\r{line.PadRight(shown.Length)}{(final ? Environment.NewLine : "")}");
        }
        else if (line != shown)
        {
            output.WriteLine(line);
        }

        shown = line;
        output.Flush();
    }
}
