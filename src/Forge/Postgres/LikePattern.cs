using System.Text;

namespace Forge.Postgres;

/// <summary>A pattern for ILIKE that finds at least every text that .NET would find.</summary>
internal static class LikePattern
{
    /// <summary>
    /// What a letter beyond ASCII is in the other case depends on the database's locale, so it stands for any one character
    /// here, and .NET looks again.
    /// </summary>
    public static string Of(string text)
    {
        var pattern = new StringBuilder("%", text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune switch
            {
                { IsAscii: false } => pattern.Append('_'),
                { Value: '%' or '_' or '\\' } => pattern.Append('\\').Append(rune),
                _ => pattern.Append(rune),
            };
        }

        return pattern.Append('%').ToString();
    }
}
