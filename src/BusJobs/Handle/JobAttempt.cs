namespace BusJobs;

/// <summary>One try at a job, as its handler sees it.</summary>
public sealed class JobAttempt(TimeProvider clock)
{
    private readonly List<NewJob> followUps = [];

    /// <summary>Stable over all attempts: pass it to outside systems as the idempotency key.</summary>
    public required Guid JobId { get; init; }

    public required string Kind { get; init; }
    public required string Queue { get; init; }

    /// <summary>1 for the first try. Snoozes and releases are not counted.</summary>
    public required int Number { get; init; }

    public required int MaxAttempts { get; init; }

    /// <summary>Rises with each dispatch of the job. A store that remembers the highest fence it saw can refuse a worker that was presumed dead.</summary>
    public required int Fence { get; init; }

    public string? Tenant { get; init; }

    /// <summary>What was last reported; null before the first report.</summary>
    public JobProgress? Progress { get; private set; }

    public IReadOnlyList<NewJob> FollowUps => followUps;

    /// <summary>Tells operators how far the job is. Cheap: it travels with the worker's next beat.</summary>
    /// <param name="percent">0 to 100; values outside are clamped.</param>
    /// <param name="note">Cut at 200 characters.</param>
    public void ReportProgress(int percent, string? note = null) => Progress = new JobProgress(JobId, Math.Clamp(percent, 0, 100), Shorten(note));

    /// <summary>Adds a job that is enqueued in the very transaction that records this one's success, and not at all otherwise.</summary>
    /// <returns>The id of the new job.</returns>
    /// <exception cref="JobRefusedException">An option or the payload is not allowed.</exception>
    public Guid FollowUp<TJob>(TJob job, EnqueueOptions? options = null)
        where TJob : notnull
    {
        var followUp = NewJob.From(job, options, clock);
        lock (followUps)
        {
            followUps.Add(followUp);
        }

        return followUp.Id;
    }

    /// <summary>Neither half of a surrogate pair nor NUL, which PostgreSQL cannot store.</summary>
    private static string? Shorten(string? note) => note switch
    {
        null => null,
        { Length: <= 200 } => note.Replace('\0', ' '),
        _ => note[..(char.IsHighSurrogate(note[199]) ? 199 : 200)].Replace('\0', ' '),
    };
}
