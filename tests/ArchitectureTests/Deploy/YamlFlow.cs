namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>A value on one line: a scalar, an alias, <c>[a, "b"]</c> or <c>{ a: b }</c>.</summary>
internal sealed class YamlFlow
{
    private readonly string text;
    private readonly int line;
    private readonly IReadOnlyDictionary<string, object?> anchors;
    private int at;

    private YamlFlow(string text, int line, IReadOnlyDictionary<string, object?> anchors) => (this.text, this.line, this.anchors) = (text, line, anchors);

    public static object? Read(string text, int line, IReadOnlyDictionary<string, object?> anchors)
    {
        if (text[0] is '|' or '>' or '!' or '%' or '@' or '`')
        {
            throw new FormatException($"Line {line} has a value of a kind that this reader does not know.");
        }

        var flow = new YamlFlow(text, line, anchors);
        var value = text[0] is '[' or '{' or '"' or '\'' or '*' ? flow.Value() : flow.Plain(inFlow: false);
        return flow.at == text.Length ? value : throw flow.Fault();
    }

    private object? Value()
    {
        Space();
        switch (Peek)
        {
            case '[':
                return Sequence();
            case '{':
                return Map();
            case '"' or '\'':
                return Quoted();
            case '*':
                at++;
                return anchors.TryGetValue((string)Plain(inFlow: true)!, out var known) ? known : throw Fault();
            default:
                return Plain(inFlow: true);
        }
    }

    private List<object?> Sequence()
    {
        var list = new List<object?>();
        for (at++, Space(); Peek != ']'; Next(']'))
        {
            list.Add(Value());
        }

        at++;
        return list;
    }

    private Dictionary<string, object?> Map()
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (at++, Space(); Peek != '}'; Next('}'))
        {
            var key = (string)(Peek is '"' ? Quoted() : Until(':'));
            if (Peek != ':' || !map.TryAdd(key, null))
            {
                throw Fault();
            }

            at++;
            map[key] = Value();
        }

        at++;
        return map;
    }

    /// <summary>Behind a member: a comma, or the end.</summary>
    private void Next(char end)
    {
        Space();
        if (Peek == ',')
        {
            at++;
            Space();
        }
        else if (Peek != end)
        {
            throw Fault();
        }
    }

    private string Quoted()
    {
        var close = text.IndexOf(text[at], at + 1);
        var value = close > at && !text[at..close].Contains('\\', StringComparison.Ordinal) ? text[(at + 1)..close] : throw Fault();
        at = close + 1;
        return value;
    }

    private object? Plain(bool inFlow)
    {
        var value = inFlow ? Until(',', ']', '}') : Until();
        return value is "null" or "~" ? null : value.Contains(": ", StringComparison.Ordinal) || value.Length == 0 ? throw Fault() : value;
    }

    private string Until(params ReadOnlySpan<char> ends)
    {
        var end = text.AsSpan(at).IndexOfAny(ends);
        var value = end < 0 ? text[at..] : text[at..(at + end)];
        at += value.Length;
        return value.Trim();
    }

    private char Peek => at < text.Length ? text[at] : throw Fault();

    private void Space()
    {
        while (Peek == ' ')
        {
            at++;
        }
    }

    private FormatException Fault() => new($"Line {line} has a value that cannot be read: {text}");
}
