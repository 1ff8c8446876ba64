namespace BusJobs.Worker;

/// <summary>
/// Jobs of one serial key that came together: each begins when the one before it has ended for good, and all are settled at once, so that until then
/// the ledger takes the first for running and lets nobody else of the key start. Where one is to run again, those behind it go back unstarted.
/// </summary>
/// <param name="patience">After so long no more of them begins, so that what has ended is told in time.</param>
internal sealed class Chain(HeldDispatch pack, TimeSpan patience, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly List<JobRun> runs = [];
    private readonly List<Settlement?> settlements = [];
    private long? begunAt;
    private int open;

    public void Add(JobRun run)
    {
        runs.Add(run);
        settlements.Add(null);
        open++;
    }

    public void NoteBegun() => begunAt ??= clock.GetTimestamp();

    public void Settle(JobRun run, Settlement settlement)
    {
        bool whole;
        var place = runs.IndexOf(run);
        lock (gate)
        {
            settlements[place] = settlement;
            whole = --open == 0;
        }

        if (!EndsForGood(settlement))
        {
            GiveBackFrom(place + 1);
        }

        if (whole)
        {
            settlements.ForEach(one => pack.Settle(one!));
        }
    }

    /// <returns>The one to run after this one; null when none is left, or none may run now.</returns>
    public JobRun? After(JobRun run, bool mayBegin)
    {
        var (place, known) = NextOf(runs.IndexOf(run));
        if (place == runs.Count)
        {
            return null;
        }

        if (mayBegin && known && (begunAt is not { } at || clock.GetElapsedTime(at) < patience))
        {
            return runs[place];
        }

        GiveBackFrom(place);
        return null;
    }

    /// <summary>Passes over those that were cancelled before their turn: they have ended for good.</summary>
    /// <returns>And whether the one that was asked for surely has: somebody else may be giving it back in this instant, and comes to those behind it next.</returns>
    private (int Place, bool Known) NextOf(int place)
    {
        lock (gate)
        {
            var known = HasEnded(place);
            do
            {
                place++;
            }
            while (place < runs.Count && HasEnded(place));
            return (place, known);
        }
    }

    private bool HasEnded(int place) => settlements[place] is { } settlement && EndsForGood(settlement);

    private void GiveBackFrom(int place)
    {
        for (; place < runs.Count; place++)
        {
            runs[place].StopIfWaiting(StopCause.GivenBack);
        }
    }

    private static bool EndsForGood(Settlement settlement) => settlement.Ending is Ending.Completed or Ending.DeadLettered or Ending.Cancelled;
}
