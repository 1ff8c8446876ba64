namespace BusJobs;

/// <summary>How long to wait after a failed attempt.</summary>
public abstract record Backoff
{
    private Backoff()
    {
    }

    /// <summary>
    /// Doubles from <paramref name="first"/> up to <paramref name="cap"/>; each delay is drawn from its upper half, so that
    /// jobs that failed together do not come back together.
    /// </summary>
    /// <param name="first">Default: 2 seconds.</param>
    /// <param name="cap">Default: 1 hour.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 &lt; first ≤ cap ≤ 30 days.</exception>
    public static Backoff Exponential(TimeSpan? first = null, TimeSpan? cap = null) =>
        new Doubling(first ?? TimeSpan.FromSeconds(2), cap ?? TimeSpan.FromHours(1));

    /// <summary>Exactly these delays, in order; the last one repeats.</summary>
    /// <exception cref="ArgumentException">No delay, or one below 0 or above 30 days.</exception>
    public static Backoff Intervals(params IReadOnlyList<TimeSpan> delays) => new Listed(delays);

    /// <param name="attempt">The attempt that failed, 1 for the first.</param>
    /// <param name="jitter">0 (inclusive) to 1 (exclusive).</param>
    public abstract TimeSpan DelayAfter(int attempt, double jitter);

    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    private sealed record Doubling : Backoff
    {
        private readonly TimeSpan first;
        private readonly TimeSpan cap;

        public Doubling(TimeSpan first, TimeSpan cap)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(first, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfLessThan(cap, first);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(cap, Longest);
            (this.first, this.cap) = (first, cap);
        }

        public override TimeSpan DelayAfter(int attempt, double jitter)
        {
            var full = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Max(attempt, 1) - 1), cap.TotalMilliseconds);
            return TimeSpan.FromMilliseconds(full * (0.5 + (jitter / 2)));
        }
    }

    private sealed record Listed : Backoff
    {
        private readonly TimeSpan[] delays;

        public Listed(IReadOnlyList<TimeSpan> delays)
        {
            if (delays.Count == 0 || delays.Any(delay => delay < TimeSpan.Zero || delay > Longest))
            {
                throw new ArgumentException("Backoff intervals must be one or more delays from 0 to 30 days.", nameof(delays));
            }

            this.delays = [.. delays];
        }

        public override TimeSpan DelayAfter(int attempt, double jitter) => delays[Math.Clamp(attempt, 1, delays.Length) - 1];
    }
}
