namespace BusJobs.Api.Dashboard.Live;

/// <summary>A value at a moment of a chart; null where it is not known.</summary>
public sealed record Point(DateTimeOffset At, double? Value);

/// <summary>What samples say of the time between them.</summary>
internal static class Rates
{
    /// <summary>How much a count rose per second, at each sample but the first. A count that fell was set back (a redrive, another ledger) and tells nothing.</summary>
    public static IReadOnlyList<Point> PerSecond(IReadOnlyList<Sample> samples, Func<Sample, long> count) =>
    [
        .. samples.Zip(samples.Skip(1), (before, after) => new Point(
            after.At, count(after) >= count(before) && after.At > before.At ? (count(after) - count(before)) / (after.At - before.At).TotalSeconds : null)),
    ];

    /// <summary>By how much a count rose within the last span; falls are passed over.</summary>
    public static long Risen(IReadOnlyList<Sample> samples, TimeSpan within, Func<Sample, long> count)
    {
        if (samples.Count == 0)
        {
            return 0;
        }

        var from = samples[^1].At - within;
        var last = samples.Where(sample => sample.At >= from).ToList();
        return last.Zip(last.Skip(1), (before, after) => Math.Max(0, count(after) - count(before))).Sum();
    }
}
