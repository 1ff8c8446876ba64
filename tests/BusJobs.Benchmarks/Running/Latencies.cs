namespace BusJobs.Benchmarks.Running;

/// <summary>Durations in order.</summary>
internal sealed record Latencies(double[] Sorted)
{
    public static Latencies Of(IEnumerable<int> numbers, Func<int, TimeSpan> latency) =>
        new([.. numbers.Select(number => latency(number).TotalMilliseconds).Order()]);

    /// <returns>Milliseconds at a quantile from 0 to 1: the smallest value that at least that share does not exceed.</returns>
    public double At(double quantile) => Sorted[Math.Clamp((int)Math.Ceiling(quantile * Sorted.Length) - 1, 0, Sorted.Length - 1)];
}
