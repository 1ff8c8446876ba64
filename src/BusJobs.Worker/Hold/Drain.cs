using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>Lets a worker run empty: unstarted jobs go back at once, running ones get the time that there is.</summary>
internal sealed class Drain(HeldDispatches held, IReadOnlyList<WorkQueue> queues, TimeSpan grace, TimeProvider clock, ILogger logger)
{
    private int begun;
    private volatile bool forced;

    public bool HasBegun => Volatile.Read(ref begun) == 1;

    /// <summary>Begins no more jobs. Calling it again changes nothing.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref begun, 1) == 1)
        {
            return;
        }

        logger.Draining();
        foreach (var queue in queues)
        {
            queue.Runner.Close();
        }
    }

    /// <returns>True when every job ended by itself and its settlement is confirmed.</returns>
    public async Task<bool> RunAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        Begin();
        if (await EmptyWithinAsync(deadline, cancellationToken))
        {
            return !forced;
        }

        GiveBackRunning();
        // The handlers' grace, and as much again for the settlements.
        await EmptyWithinAsync(grace * 2, cancellationToken);
        return false;
    }

    /// <summary>For a stop that can wait no longer.</summary>
    public void GiveBackRunning()
    {
        forced = true;
        var packs = held.Snapshot();
        logger.DrainOver(packs.Sum(pack => pack.Runs.Count(run => run.IsRunning)));
        foreach (var pack in packs)
        {
            pack.Stop(StopCause.GivenBack);
        }
    }

    private async Task<bool> EmptyWithinAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await held.EmptyAsync().WaitAsync(limit, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
