using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>The rules of the ledger without a database. Time is in whole hours.</summary>
internal sealed class ModelLedger
{
    public Dictionary<Guid, ModelJob> Jobs { get; } = [];

    public long Count(LedgerState state) => Jobs.Values.LongCount(job => job.State == state);

    public bool Insert(Guid id, int dueAt) =>
        Jobs.TryAdd(id, new ModelJob { State = dueAt > 0 ? LedgerState.Scheduled : LedgerState.Ready, DueAt = dueAt });

    public int Promote(int hour)
    {
        var due = Jobs.Values.Where(job => job.State == LedgerState.Scheduled && job.DueAt <= hour).ToList();
        due.ForEach(job => job.State = LedgerState.Ready);
        return due.Count;
    }

    public List<(Guid Id, int Fence, int Attempt)> Claim(int lane)
    {
        var claimed = Jobs.Where(job => job.Value.State == LedgerState.Ready && Math.Min(job.Value.Crashes, 2) == lane).ToList();
        claimed.ForEach(job => (job.Value.State, job.Value.Fence) = (LedgerState.Dispatched, job.Value.Fence + 1));
        return claimed.ConvertAll(job => (job.Key, job.Value.Fence, job.Value.Attempts + 1));
    }

    public bool Settle(Settlement word, int hour)
    {
        if (Open(word.JobId, word.Fence) is not { } job)
        {
            return false;
        }

        job.Attempts += word.Ending is Ending.Snoozed or Ending.Released ? 0 : 1;
        job.Crashes = word.Ending == Ending.RetryAt ? 0 : job.Crashes;
        switch (word.Ending)
        {
            case Ending.Completed: job.State = LedgerState.Succeeded; break;
            case Ending.Cancelled: job.State = LedgerState.Cancelled; break;
            case Ending.DeadLettered or Ending.UnknownKind: job.State = LedgerState.Dead; break;
            default: job.WaitUntil(word.DelayMs > 0 ? hour + (int)(word.DelayMs / 3_600_000) : 0); break;
        }

        return true;
    }

    /// <returns>Whether it came back; one that was to be cancelled does not.</returns>
    public bool Return(Guid id, int fence, int dueAt)
    {
        var job = Open(id, fence);
        job?.WaitUntil(dueAt);
        return job is { State: not LedgerState.Cancelled };
    }

    public bool Reclaim(Guid id, int fence, bool crashed)
    {
        if (Open(id, fence) is not { } job)
        {
            return false;
        }

        job.Crashes += crashed ? 1 : 0;
        job.WaitUntil(0);
        if (job.State == LedgerState.Ready && crashed && job.Crashes >= Limits.MaxCrashes)
        {
            (job.State, job.Attempts) = (LedgerState.Dead, job.Attempts + 1);
        }

        return true;
    }

    public CancelResult Cancel(Guid id)
    {
        var job = Jobs[id];
        if (job.State > LedgerState.Dispatched)
        {
            return CancelResult.AlreadyEnded;
        }

        job.CancelRequested = true;
        if (job.State == LedgerState.Dispatched)
        {
            return CancelResult.Requested;
        }

        job.State = LedgerState.Cancelled;
        return CancelResult.Cancelled;
    }

    public int Redrive(bool discarded)
    {
        var dead = Jobs.Values.Where(job => discarded ? job.IsDiscarded : job.State == LedgerState.Dead).ToList();
        dead.ForEach(job => (job.State, job.Attempts, job.Crashes, job.CancelRequested, job.IsDiscarded) = (LedgerState.Ready, 0, 0, false, false));
        return dead.Count;
    }

    public int Discard()
    {
        var dead = Jobs.Values.Where(job => job.State == LedgerState.Dead).ToList();
        dead.ForEach(job => (job.State, job.IsDiscarded) = (LedgerState.Cancelled, true));
        return dead.Count;
    }

    private ModelJob? Open(Guid id, int fence) => Jobs[id] is { State: LedgerState.Dispatched } job && job.Fence == fence ? job : null;
}

internal sealed record ModelJob
{
    public required LedgerState State { get; set; }
    public required int DueAt { get; set; }
    public int Attempts { get; set; }
    public int Crashes { get; set; }
    public int Fence { get; set; }
    public bool CancelRequested { get; set; }
    public bool IsDiscarded { get; set; }

    /// <param name="dueAt">The hour; 0 for at once.</param>
    public void WaitUntil(int dueAt)
    {
        DueAt = dueAt;
        State = CancelRequested ? LedgerState.Cancelled : dueAt > 0 ? LedgerState.Scheduled : LedgerState.Ready;
    }
}
