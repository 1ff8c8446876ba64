using System.Text.RegularExpressions;

namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>
/// Reads the YAML that our files are written in: block maps and lists, flow ones on one line, anchors, aliases and merge keys. Anything else is
/// refused with its line, so that no file can be read otherwise than it is meant.
/// </summary>
internal sealed partial class Yaml
{
    private readonly List<(int Indent, string Text, int Number)> lines = [];
    private readonly Dictionary<string, object?> anchors = [];
    private int at;

    private Yaml(IEnumerable<(string Text, int Number)> text)
    {
        foreach (var (line, number) in text)
        {
            var content = Comment.Replace(line, "").TrimEnd();
            if (content.Length > 0)
            {
                lines.Add((content.Length - content.TrimStart(' ').Length, content.TrimStart(' '), number));
            }
        }
    }

    // A key ends with a colon and a space, or with a colon at the end.
    [GeneratedRegex("""^(?<key>[^\s"'\[\]{}&*#,:-][^:]*|"[^"]*"):(?:\s+(?<value>.*))?$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Key { get; }

    [GeneratedRegex("""(?<=^(?:[^"']|"[^"]*"|'[^']*')*)(?:^|\s)#.*$""", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Comment { get; }

    [GeneratedRegex(@"^&(?<name>[\w-]+)(?:\s+(?<rest>.*))?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Anchor { get; }

    /// <returns>One for each document: dictionaries, lists, strings and nulls.</returns>
    public static IReadOnlyList<object?> ReadAll(string text)
    {
        List<List<(string, int)>> documents = [[]];
        foreach (var (number, line) in text.Split('\n').Index())
        {
            if (line == "---")
            {
                documents.Add([]);
            }
            else
            {
                documents[^1].Add((line, number + 1));
            }
        }

        return [.. documents.Select(document => new Yaml(document).Document())];
    }

    private object? Document()
    {
        var value = lines.Count == 0 ? null : Block(0);
        return at == lines.Count ? value : throw Fault("is indented otherwise than what is around it");
    }

    private object? Block(int indent)
    {
        if (lines[at].Indent != indent || lines[at].Text.Contains('\t', StringComparison.Ordinal))
        {
            throw Fault("is indented otherwise than what is around it");
        }

        if (Anchor.Match(lines[at].Text) is { Success: true } anchor && !anchor.Groups["rest"].Success)
        {
            at++;
            return anchors[anchor.Groups["name"].Value] = Block(indent);
        }

        return IsItem(lines[at].Text) ? List(indent) : Map(indent);
    }

    private List<object?> List(int indent)
    {
        var list = new List<object?>();
        while (at < lines.Count && lines[at].Indent == indent && IsItem(lines[at].Text))
        {
            var rest = lines[at].Text[1..].TrimStart();
            if (Key.IsMatch(rest))
            {
                lines[at] = (indent + 2, rest, lines[at].Number);
                list.Add(Map(indent + 2));
            }
            else
            {
                list.Add(YamlFlow.Read(rest, lines[at].Number, anchors));
                at++;
            }
        }

        return list;
    }

    private Dictionary<string, object?> Map(int indent)
    {
        var (map, merged) = (new Dictionary<string, object?>(StringComparer.Ordinal), new Dictionary<string, object?>(StringComparer.Ordinal));
        while (at < lines.Count && lines[at].Indent == indent && !IsItem(lines[at].Text))
        {
            var match = Key.Match(lines[at].Text);
            if (!match.Success)
            {
                throw Fault("has no key");
            }

            var key = match.Groups["key"].Value.Trim('"');
            if (map.ContainsKey(key))
            {
                throw Fault("has a key for the second time");
            }

            var value = Value(match.Groups["value"].Value, indent);
            if (key != "<<")
            {
                map[key] = value;
            }
            else
            {
                merged = (Dictionary<string, object?>)value!;
            }
        }

        foreach (var (key, value) in merged)
        {
            map.TryAdd(key, value);
        }

        return map;
    }

    /// <summary>What stands behind a key, or below it.</summary>
    private object? Value(string text, int indent)
    {
        var number = lines[at].Number;
        at++;
        if (Anchor.Match(text) is { Success: true } anchor)
        {
            return anchors[anchor.Groups["name"].Value] = Here(anchor.Groups["rest"].Value);
        }

        return Here(text);

        object? Here(string rest) => rest.Length > 0
            ? YamlFlow.Read(rest, number, anchors)
            : at < lines.Count && (lines[at].Indent > indent || (lines[at].Indent == indent && IsItem(lines[at].Text))) ? Block(lines[at].Indent) : null;
    }

    private static bool IsItem(string text) => text == "-" || text.StartsWith("- ", StringComparison.Ordinal);

    private FormatException Fault(string what) => new($"Line {lines[Math.Min(at, lines.Count - 1)].Number} {what}.");
}
