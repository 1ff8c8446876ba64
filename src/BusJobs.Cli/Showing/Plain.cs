using System.Globalization;
using System.Text;

namespace BusJobs.Cli.Showing;

/// <summary>Makes text of others safe to show: what would move the cursor, change colours or turn the direction of writing is shown as its code.</summary>
internal static class Plain
{
    /// <summary>One line; what is longer ends in an ellipsis.</summary>
    public static string Line(string? text, int max = int.MaxValue)
    {
        var shown = Escape(text ?? "", keepsLines: false);
        return shown.Length > max ? shown[..(max - 1)] + "…" : shown;
    }

    /// <summary>Only its first line, for lists.</summary>
    public static string First(string? text, int max) => Line(text?.Split('\n')[0].TrimEnd('\r'), max);

    /// <summary>Lines stay lines.</summary>
    public static string Block(string? text) => Escape((text ?? "").ReplaceLineEndings("\n"), keepsLines: true);

    /// <summary>A length of time in its largest unit.</summary>
    public static string Span(TimeSpan span) => span.Duration() switch
    {
        { TotalSeconds: < 1 } => "now",
        { TotalMinutes: < 2 } under => $"{under.TotalSeconds:0} s",
        { TotalHours: < 2 } under => $"{under.TotalMinutes:0} min",
        { TotalDays: < 2 } under => $"{under.TotalHours:0} h",
        var days => $"{days.TotalDays:0} d",
    };

    /// <summary>In UTC, and how far that is from now.</summary>
    public static string Time(DateTimeOffset? time, DateTimeOffset now) => time is not { } at ? "-"
        : $"{at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}Z ({Relative(at, now)})";

    public static string Relative(DateTimeOffset? time, DateTimeOffset now) => time is not { } at ? "-"
        : Span(at - now) is "now" ? "now" : at > now ? $"in {Span(at - now)}" : $"{Span(now - at)} ago";

    public static string Jobs(int count) => count == 1 ? "1 job" : $"{count:N0} jobs";

    private static string Escape(string text, bool keepsLines)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            shown.Append(rune.Value == '\n' && keepsLines ? "\n"
                : rune.Value == '\t' ? "  "
                : !IsUnfit(rune) ? rune.ToString()
                : rune.Value switch { '\n' => @"\n", '\r' => @"\r", var code => $"\\u{code:x4}" });
        }

        return shown.ToString();
    }

    private static bool IsUnfit(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse;
}
