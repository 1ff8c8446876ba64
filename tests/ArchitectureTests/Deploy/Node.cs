namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>A place in a file, for questions that fail with the place's name when there is nothing.</summary>
internal sealed record Node(string Path, object? Value)
{
    public Node this[string key] => Find(key) ?? throw new KeyNotFoundException($"{Path} has no {key}.");

    public string Text => Value as string ?? throw new FormatException($"{Path} is no text.");

    public IReadOnlyList<Node> Items => Value is List<object?> list ? [.. list.Select((item, place) => new Node($"{Path}[{place}]", item))] : throw new FormatException($"{Path} is no list.");

    public IReadOnlyList<string> Keys => Value is Dictionary<string, object?> map ? [.. map.Keys] : throw new FormatException($"{Path} is no map.");

    public static IReadOnlyList<Node> ReadAll(string file) => [.. Yaml.ReadAll(Checkout.Read(file)).Select(document => new Node(file, document))];

    public Node? Find(string key) => Value is Dictionary<string, object?> map && map.TryGetValue(key, out var value) ? new Node($"{Path}/{key}", value) : null;

    public Dictionary<string, string> Texts() => Keys.ToDictionary(key => key, key => this[key].Text, StringComparer.Ordinal);
}
