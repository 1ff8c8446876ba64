using System.Globalization;

namespace BusJobs;

/// <summary>Input that no retry can mend. The message is one sentence: the field, the value (shortened) and what is allowed.</summary>
public sealed class JobRefusedException : ArgumentException
{
    public JobRefusedException(string field, string? value, string allowed)
        : base($"{field} {Shorten(value)} is refused: expected {allowed}.")
    {
        Field = field;
        Allowed = allowed;
    }

    public string Field { get; }
    public string Allowed { get; }

    /// <summary>Shows at most 60 characters, with control and invisible characters escaped, so that a value cannot disguise itself in a log.</summary>
    private static string Shorten(string? value)
    {
        if (value is null)
        {
            return "(missing)";
        }

        var head = value.Length > 60 ? value[..60] + "…" : value;
        return "'" + string.Concat(head.Select(c => IsUnfit(c) ? $"\\u{(int)c:x4}" : c.ToString())) + "'";
    }

    /// <summary>Format characters turn the direction of writing or cannot be seen.</summary>
    private static bool IsUnfit(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
