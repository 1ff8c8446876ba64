using System.Text.Json;

namespace BusJobs.Ledger;

/// <summary>
/// What started lately, counted in fiftieths of the rate's period. A start counts until the whole fiftieth it fell in is a period
/// ago, so that no span of a period's length, wherever it begins, holds more starts than the rate allows; the price is a fiftieth of it.
/// </summary>
internal sealed class RecentStarts
{
    private const int Parts = 50;

    private readonly List<(long At, int Count)> starts;

    private RecentStarts(List<(long At, int Count)> starts) => this.starts = starts;

    public static RecentStarts None => new([]);

    /// <param name="text">As <see cref="ToString"/> writes it.</param>
    public static RecentStarts Parse(string text) => new([.. JsonSerializer.Deserialize<long[][]>(text)!.Select(pair => (pair[0], (int)pair[1]))]);

    /// <summary>How many more may start.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public int Room(Rate rate, long now) => Math.Max(0, rate.Starts - starts.Where(start => IsRecent(start.At, rate, now)).Sum(start => start.Count));

    /// <summary>When there is room again, in milliseconds since 1970. Asked when there is none.</summary>
    public long OpensAt(Rate rate, long now) => starts.Where(start => IsRecent(start.At, rate, now)).Min(start => start.At) + PeriodOf(rate) + PartOf(rate);

    public void Add(Rate rate, long now, int count)
    {
        starts.RemoveAll(start => !IsRecent(start.At, rate, now));
        var at = now / PartOf(rate) * PartOf(rate);
        if (starts.Count > 0 && starts[^1].At == at)
        {
            starts[^1] = (at, starts[^1].Count + count);
        }
        else
        {
            starts.Add((at, count));
        }
    }

    /// <summary>A JSON array of [milliseconds since 1970, count].</summary>
    public override string ToString() => JsonSerializer.Serialize(starts.Select(start => new[] { start.At, start.Count }));

    private static bool IsRecent(long at, Rate rate, long now) => at + PartOf(rate) + PeriodOf(rate) > now;

    private static long PeriodOf(Rate rate) => (long)rate.Per.TotalMilliseconds;

    private static long PartOf(Rate rate) => PeriodOf(rate) / Parts;
}
