using System.Collections.Concurrent;

namespace BusJobs.Coordinator.Dispatching;

/// <summary>How long jobs of each kind have been taking, in a moving average over about the last hundred settlements.</summary>
internal sealed class Pace
{
    /// <summary>Before anything is known, a kind is taken for slow: its first packs are small, and a few settlements later it is known.</summary>
    private const double Unknown = 25;

    private readonly ConcurrentDictionary<string, double> kinds = new();
    private readonly ConcurrentDictionary<string, double> queues = new();

    public void Note(string kind, string queue, double milliseconds, int jobs)
    {
        Average(kinds, kind, milliseconds, jobs);
        Average(queues, queue, milliseconds, jobs);
    }

    /// <returns>Milliseconds, at least 0.01.</returns>
    public double OfKind(string kind) => kinds.GetValueOrDefault(kind, Unknown);

    /// <returns>Milliseconds, at least 0.01.</returns>
    public double OfQueue(string queue) => queues.GetValueOrDefault(queue, Unknown);

    private static void Average(ConcurrentDictionary<string, double> averages, string name, double milliseconds, int jobs)
    {
        var sample = Math.Max(0.01, milliseconds);
        // One slow pack weighs at once, one fast pack of many nearly so: the weight of n samples of 2 % each.
        var weight = 1 - Math.Pow(0.98, jobs);
        averages.AddOrUpdate(name, sample, (_, before) => before + ((sample - before) * weight));
    }
}
