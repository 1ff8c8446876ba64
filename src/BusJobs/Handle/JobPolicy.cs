namespace BusJobs;

/// <summary>How a worker treats the jobs of one kind. What a job says of itself (<see cref="EnqueueOptions"/>) goes first.</summary>
public sealed record JobPolicy
{
    public static JobPolicy Default { get; } = new();

    /// <summary>1 to 1,000. Default: 10.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>How long one attempt may run, from 1 ms to 7 days. Default: 5 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Tries inside one attempt, for faults that pass within a second. 0 to 5. Default: 0.</summary>
    public int InProcessRetries { get; init; }

    /// <summary>The pause before each in-process retry; at most 1 second, since the slot stays busy. Default: 100 ms.</summary>
    public TimeSpan InProcessDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the ledger holds the job before the next attempt. Default: exponential from 2 s to 1 h, with jitter.</summary>
    public Backoff Backoff { get; init; } = Backoff.Exponential();

    /// <exception cref="ArgumentOutOfRangeException">A member is outside its bounds; checked when a handler is registered.</exception>
    public JobPolicy Checked(string kind)
    {
        Require(MaxAttempts is >= 1 and <= Limits.MaxAttempts, nameof(MaxAttempts), "1 to 1,000");
        Require(Timeout >= Limits.MinTimeout && Timeout <= Limits.MaxTimeout, nameof(Timeout), "1 ms to 7 days");
        Require(InProcessRetries is >= 0 and <= 5, nameof(InProcessRetries), "0 to 5");
        Require(InProcessDelay >= TimeSpan.Zero && InProcessDelay <= TimeSpan.FromSeconds(1), nameof(InProcessDelay), "0 to 1 second");
        return this;

        void Require(bool holds, string member, string allowed)
        {
            if (!holds)
            {
                throw new ArgumentOutOfRangeException(member, $"The policy of kind '{kind}' has a {member} outside {allowed}.");
            }
        }
    }
}
