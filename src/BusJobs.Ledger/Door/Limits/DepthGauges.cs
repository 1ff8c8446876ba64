using System.Collections.Concurrent;

namespace BusJobs.Ledger;

/// <summary>
/// How many ready jobs each limited queue has, without counting at each enqueue: counted once a second at most, and up to the limit;
/// in between, this process adds what it lets in. So a queue may grow beyond its limit by what other processes let in within
/// a second.
/// </summary>
internal sealed class DepthGauges(TimeProvider clock)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Gauge> gauges = new(StringComparer.Ordinal);

    /// <summary>Whether the caller is to count the queue now, and <see cref="Note"/> what it finds.</summary>
    public bool IsDue(string queue) => !gauges.TryGetValue(queue, out var gauge) || gauge.IsDue(clock);

    /// <param name="depth">Ready jobs.</param>
    /// <param name="begunAt">When the count began. A long count is not repeated soon: counting is at most a twentieth of the time.</param>
    public void Note(string queue, int depth, long begunAt)
    {
        var pause = clock.GetElapsedTime(begunAt) * 20;
        gauges[queue] = new Gauge(depth, pause > Shortest ? pause : Shortest, clock);
    }

    /// <summary>Takes a place in the queue.</summary>
    /// <returns>Null, or how long until the queue is looked at again.</returns>
    public TimeSpan? TryEnter(string queue, int limit) =>
        gauges.TryGetValue(queue, out var gauge) && !gauge.TryEnter(limit) ? gauge.Left(clock) : null;

    private sealed class Gauge(int depth, TimeSpan pause, TimeProvider clock)
    {
        private int depth = depth;
        private long dueAt = After(pause, clock);

        public TimeSpan Left(TimeProvider clock) =>
            clock.GetElapsedTime(clock.GetTimestamp(), Volatile.Read(ref dueAt)) is var left && left > TimeSpan.Zero ? left : pause;

        /// <summary>True for one caller only; the others go by the old count meanwhile.</summary>
        public bool IsDue(TimeProvider clock)
        {
            var due = Volatile.Read(ref dueAt);
            return clock.GetTimestamp() >= due && Interlocked.CompareExchange(ref dueAt, After(pause, clock), due) == due;
        }

        public bool TryEnter(int limit) => Volatile.Read(ref depth) < limit && Interlocked.Increment(ref depth) <= limit;

        private static long After(TimeSpan pause, TimeProvider clock) => clock.GetTimestamp() + (long)(pause.TotalSeconds * clock.TimestampFrequency);
    }
}
