using System.Text;

namespace Forge.Search;

/// <summary>What SQLite's index is fed with and asked for, in upper case: that is how .NET compares without regard to case.</summary>
internal static class Trigrams
{
    /// <summary>More would only make a question slower: the lines are looked at anyway.</summary>
    private const int MaxAsked = 48;

    /// <summary>
    /// A shorter text with the same trigrams. The index only notes which trigrams a file has, so a stretch whose trigrams
    /// have all been seen is left out; the line break put in its place is in no question.
    /// </summary>
    public static string Distinct(string text)
    {
        var upper = text.ToUpperInvariant();
        if (upper.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
        {
            // Trigrams are of code points, which here are not the same as chars.
            return upper;
        }

        var seen = new HashSet<ulong>(Math.Min(upper.Length, 4096));
        var kept = new StringBuilder(upper.Length / 2);
        var end = -1;
        for (var i = 0; i + 2 < upper.Length; i++)
        {
            var (a, b, c) = (upper[i], upper[i + 1], upper[i + 2]);
            if (a == '\n' || b == '\n' || c == '\n' || !seen.Add(((ulong)a << 32) | ((ulong)b << 16) | c))
            {
                continue;
            }

            // A run that goes on only lacks its last character; a new one is set apart.
            _ = end == i + 2 ? kept.Append(c) : kept.Append('\n').Append(a).Append(b).Append(c);
            end = i + 3;
        }

        return kept.ToString();
    }

    /// <summary>An FTS5 expression that every file with the text matches: each trigram as a quoted string.</summary>
    /// <param name="text">At least three code points, as every <see cref="SearchQuery"/> has.</param>
    public static string Expression(string text)
    {
        var runes = text.ToUpperInvariant().EnumerateRunes().ToArray();
        var all = Enumerable.Range(0, Math.Max(0, runes.Length - 2))
            .Select(i => $"{runes[i]}{runes[i + 1]}{runes[i + 2]}")
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var step = (all.Count + MaxAsked - 1) / MaxAsked;
        return string.Join(" AND ", all.Where((_, i) => i % step == 0).Select(Quote));
    }

    private static string Quote(string trigram) => new StringBuilder("\"").Append(trigram.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"').ToString();
}
