namespace Forge.Search;

/// <summary>Finds the lines of a text that hold a substring, as <c>git grep -nFi</c> does.</summary>
internal static class MatchingLines
{
    /// <summary>Characters of a line that are shown; about a third of them before the match.</summary>
    internal const int MaxSnippet = 240;

    public static IEnumerable<(int Line, string Snippet)> Of(string text, string sought)
    {
        var (line, counted, from) = (1, 0, 0);
        while (from <= text.Length - sought.Length && text.IndexOf(sought, from, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
        {
            line += text.AsSpan(counted, at - counted).Count('\n');
            counted = at;
            var begin = text.LastIndexOf('\n', at) + 1;
            var next = text.IndexOf('\n', at);
            var end = next < 0 ? text.Length : next;
            yield return (line, Snippet(text.AsSpan(begin, end - begin), at - begin, sought.Length));
            if (next < 0)
            {
                yield break;
            }

            from = next + 1;
        }
    }

    private static string Snippet(ReadOnlySpan<char> line, int at, int length)
    {
        line = line.TrimEnd('\r');
        if (line.Length <= MaxSnippet)
        {
            return line.ToString();
        }

        var begin = Math.Clamp(at - Math.Max(0, Math.Min(MaxSnippet / 3, MaxSnippet - length)), 0, line.Length);
        var end = Math.Min(line.Length, Math.Max(begin + MaxSnippet, Math.Min(at + length, line.Length)));
        begin += begin > 0 && char.IsLowSurrogate(line[begin]) ? 1 : 0;
        end -= end < line.Length && char.IsLowSurrogate(line[end]) ? 1 : 0;
        return string.Concat(begin > 0 ? "…" : "", line[begin..end], end < line.Length ? "…" : "");
    }
}
