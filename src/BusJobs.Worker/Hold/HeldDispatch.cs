using BusJobs.Wire;

namespace BusJobs.Worker;

/// <summary>
/// A dispatch that this worker has received and not yet settled whole. Outcomes gather here until the flush takes them; once it
/// is forgotten, they are dropped.
/// </summary>
internal sealed class HeldDispatch(Dispatch dispatch)
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource forgotten = new();
    private readonly TaskCompletionSource allSettled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<Settlement> unsent = new();
    private TaskCompletionSource news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int open = dispatch.Jobs.Count;

    public Guid Id => dispatch.Id;
    public string Kind => dispatch.Kind;
    public string Queue => dispatch.Queue;
    public IReadOnlyList<JobRun> Runs { get; set; } = [];

    /// <summary>Fires when the worker has lost its lease or is leaving: nothing more is sent.</summary>
    public CancellationToken Forgotten => forgotten.Token;

    /// <summary>Completes when every job has been settled here, sent or not.</summary>
    public Task AllSettled => allSettled.Task;

    /// <summary>Completes when the last settlement is confirmed, or the dispatch is forgotten.</summary>
    public Task Gone => gone.Task;

    /// <summary>Completes when there is something to send.</summary>
    public Task News
    {
        get
        {
            lock (gate)
            {
                return news.Task;
            }
        }
    }

    public void Settle(Settlement settlement)
    {
        TaskCompletionSource? first;
        bool last;
        lock (gate)
        {
            unsent.Enqueue(settlement);
            last = --open == 0;
            first = unsent.Count == 1 ? news : null;
        }

        first?.TrySetResult();
        if (last)
        {
            allSettled.TrySetResult();
        }
    }

    /// <summary>Takes what has gathered, up to about <paramref name="maxBytes"/> and at least one.</summary>
    public (List<Settlement> Jobs, bool Last) Take(int maxBytes)
    {
        lock (gate)
        {
            var taken = new List<Settlement>(unsent.Count);
            for (var bytes = 0L; unsent.TryPeek(out var next); bytes += SizeOf(next))
            {
                if (taken.Count > 0 && bytes + SizeOf(next) > maxBytes)
                {
                    return (taken, Last: false);
                }

                taken.Add(unsent.Dequeue());
            }

            news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (taken, Last: open == 0);
        }
    }

    public void Stop(StopCause why)
    {
        foreach (var run in Runs)
        {
            run.Stop(why);
        }
    }

    /// <summary>Nothing more of it is sent or started; what runs goes on until it is stopped.</summary>
    public void Forget()
    {
        // Who waits on this token must not go on here, on the thread that keeps the lease.
        _ = forgotten.CancelAsync();
        foreach (var run in Runs)
        {
            run.StopIfWaiting(StopCause.LeaseLost);
        }

        gone.TrySetResult();
    }

    public void Leave() => gone.TrySetResult();

    // Characters stand for bytes: the limit bounds a message, it does not have to be met exactly.
    private static long SizeOf(Settlement settlement) =>
        160 + (settlement.Reason?.Length ?? 0) + (settlement.FollowUps?.Sum(job => 300L + job.Payload.Length) ?? 0);
}
