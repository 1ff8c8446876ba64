using System.Text.Json;

namespace BusJobs.Ledger;

/// <summary>Places given at one moment.</summary>
/// <param name="At">The last moment at which they may be used, in milliseconds since 1970.</param>
internal sealed record Grant(long At, int Count);

/// <summary>
/// What a partition was granted in the last 60 seconds. A grant counts until 60 seconds after the last moment at which it may be used,
/// so no 60 seconds see more than the limit, wherever they begin.
/// </summary>
internal sealed record SlidingMinute(IReadOnlyList<Grant> Grants)
{
    public const long Length = 60_000;

    public long Until => Grants.Count == 0 ? 0 : Grants.Max(grant => grant.At) + Length;

    /// <summary>Grants as many of the wanted places as the limit has left.</summary>
    /// <param name="usableFor">How long they may be kept before they are used, in milliseconds.</param>
    public SlidingMinute Take(int limit, int wanted, long now, long usableFor, out int granted)
    {
        var live = Grants.Where(grant => grant.At + Length > now).ToList();
        granted = Math.Clamp(limit - live.Sum(grant => grant.Count), 0, wanted);
        if (granted > 0)
        {
            live.Add(new Grant(now + usableFor, granted));
        }

        return new SlidingMinute(live);
    }

    /// <summary>How long until there is a place again, if nobody takes it first; zero when there is one.</summary>
    public TimeSpan RetryAfter(int limit, long now)
    {
        var used = Grants.Where(grant => grant.At + Length > now).Sum(grant => (long)grant.Count);
        foreach (var grant in Grants.OrderBy(grant => grant.At))
        {
            if (used < limit)
            {
                break;
            }

            used -= grant.At + Length > now ? grant.Count : 0;
            if (used < limit)
            {
                return TimeSpan.FromMilliseconds(grant.At + Length - now);
            }
        }

        return TimeSpan.Zero;
    }

    public static SlidingMinute Parse(string json) =>
        new([.. JsonSerializer.Deserialize<long[][]>(json)!.Select(pair => new Grant(pair[0], (int)pair[1]))]);

    public override string ToString() => JsonSerializer.Serialize(Grants.Select(grant => new[] { grant.At, grant.Count }));
}
