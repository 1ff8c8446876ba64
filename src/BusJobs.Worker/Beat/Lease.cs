namespace BusJobs.Worker;

/// <summary>
/// Whether the coordinators can know that this worker lives. It is given up well before a coordinator's own count ends, so that
/// a job that runs elsewhere no longer runs here.
/// </summary>
internal sealed class Lease(TimeProvider clock, TimeSpan longestSilence)
{
    private readonly Lock gate = new();
    private TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long confirmedAt = clock.GetTimestamp();

    public bool IsHeld => Held.IsCompleted;

    /// <summary>Completes when a beat is confirmed; already complete while the lease is held.</summary>
    public Task Held
    {
        get
        {
            lock (gate)
            {
                return held.Task;
            }
        }
    }

    /// <summary>Since the last confirmed beat, or since the start.</summary>
    public TimeSpan Silence => clock.GetElapsedTime(Interlocked.Read(ref confirmedAt));

    /// <param name="sentAt">When the confirmed beat was sent: a coordinator cannot have seen it earlier.</param>
    /// <returns>Whether it was not held before.</returns>
    public bool Confirm(long sentAt)
    {
        Interlocked.Exchange(ref confirmedAt, sentAt);
        lock (gate)
        {
            return clock.GetElapsedTime(sentAt) <= longestSilence && held.TrySetResult();
        }
    }

    /// <returns>Whether it was held until now.</returns>
    public bool TryLose()
    {
        lock (gate)
        {
            if (!held.Task.IsCompleted || Silence <= longestSilence)
            {
                return false;
            }

            held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }
}
