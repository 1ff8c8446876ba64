using System.Text;
using System.Text.Json;

namespace BusJobs.Api.Input;

/// <summary>Where a reader is in a JSON text, and which members of each open object it has met.</summary>
internal sealed class JsonPath
{
    private readonly List<Level> levels = [];

    /// <exception cref="InputException">A member is there twice.</exception>
    public void Meet(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                Name(ref reader);
                return;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                levels.RemoveAt(levels.Count - 1);
                return;
        }

        if (levels is [.., { Members: null } array])
        {
            array.Index++;
        }

        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            levels.Add(new Level(reader.TokenType == JsonTokenType.StartObject ? new HashSet<string>(StringComparer.Ordinal) : null));
        }
    }

    /// <summary>As a JSON pointer. A long one is cut at its end.</summary>
    public override string ToString()
    {
        var pointer = new StringBuilder();
        foreach (var level in levels)
        {
            if (level.Members is null ? level.Index >= 0 : level.Name is not null)
            {
                pointer.Append('/').Append(level.Members is null ? level.Index.ToString() : Escape(level.Name!));
            }
        }

        return pointer.Length > 200 ? pointer.ToString(0, 200) + "…" : pointer.ToString();
    }

    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private void Name(ref Utf8JsonReader reader)
    {
        var level = levels[^1];
        try
        {
            level.Name = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new InputException(new Place(ToString()), "The name of a member holds half of a surrogate pair.");
        }

        if (!level.Members!.Add(level.Name))
        {
            throw new InputException(new Place(ToString()), "This member is there twice.");
        }
    }

    /// <param name="Members">The names met so far in an object; null in an array.</param>
    private sealed record Level(HashSet<string>? Members)
    {
        public string? Name { get; set; }
        public int Index { get; set; } = -1;
    }
}
