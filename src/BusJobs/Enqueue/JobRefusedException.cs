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

    /// <summary>Shows at most 60 characters, with control and bidirectional characters escaped, so that a value cannot disguise itself in a log.</summary>
    private static string Shorten(string? value)
    {
        if (value is null)
        {
            return "(missing)";
        }

        var head = value.Length > 60 ? value[..60] + "…" : value;
        return "'" + string.Concat(head.Select(c => char.IsControl(c) || char.IsSurrogate(c) || IsBidirectional(c) ? $"\\u{(int)c:x4}" : c.ToString())) + "'";
    }

    private static bool IsBidirectional(char c) => c is >= '\u200e' and <= '\u200f' or >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069';
}
