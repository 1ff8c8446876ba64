using System.Globalization;

namespace BusJobs;

/// <summary>Lengths of time as people write them in JSON and on a command line: <c>500ms</c>, <c>90s</c>, <c>15m</c>, <c>12h</c>, <c>7d</c>.</summary>
public static class DurationText
{
    public const string Allowed = "a length of time such as 500ms, 90s, 15m, 12h or 7d";

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>With the largest unit that tells it exactly; what is finer than a millisecond is left out.</summary>
    public static string Of(TimeSpan duration)
    {
        var (unit, length) = Units.Last(one => one.Unit == "ms" || duration.Ticks % one.Length.Ticks == 0);
        return duration == TimeSpan.Zero ? "0s" : $"{duration.Ticks / length.Ticks}{unit}";
    }

    /// <summary>Whole numbers of up to 9 digits with one unit; no sign.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        foreach (var (unit, length) in Units)
        {
            if (text is not null && text.EndsWith(unit, StringComparison.Ordinal) && text.Length - unit.Length is >= 1 and <= 9
                && int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count <= TimeSpan.MaxValue / length)
            {
                duration = count * length;
                return true;
            }
        }

        return false;
    }
}
