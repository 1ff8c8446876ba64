using System.Text.Json;
using System.Text.RegularExpressions;

namespace BusJobs.Api.Input;

/// <summary>The members of a JSON object, read by type. Null and absent are the same. What is refused is refused with its pointer.</summary>
internal sealed partial class Fields : Words
{
    private readonly JsonElement members;
    private readonly string pointer;

    /// <param name="known">Every member that may be there.</param>
    /// <exception cref="InputException">This is no object, or it has another member.</exception>
    public Fields(JsonElement element, string pointer, params ReadOnlySpan<string> known)
    {
        (members, this.pointer) = (element, pointer);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw InputException.Refused(new Place(pointer), pointer.Length == 0 ? "The body" : pointer, Shown(element), "a JSON object");
        }

        foreach (var member in element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw InputException.Refused(At(member.Name), "member", member.Name, $"one of {string.Join(", ", known!)}");
            }
        }
    }

    [GeneratedRegex(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Moment { get; }

    public JsonElement? Raw(string name) =>
        members.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public override string? Text(string name) => Read(name, "a string", static (JsonElement value, out string? text) =>
        (text = value.ValueKind == JsonValueKind.String ? value.GetString() : null) is not null);

    public string NeededText(string name, string allowed) => Text(name) ?? throw InputException.Refused(At(name), name, value: null, allowed);

    public int? Number(string name, int least, int most) =>
        Read(name, $"a whole number from {least:N0} to {most:N0}", (JsonElement value, out int? number) =>
        {
            number = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var given) && given >= least && given <= most ? given : null;
            return number is not null;
        });

    public bool? Flag(string name) => Read(name, "true or false", static (JsonElement value, out bool? flag) =>
        (flag = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null) is not null);

    public Guid? Id(string name) => Read(name, "a UUID", static (JsonElement value, out Guid? id) =>
        (id = value.ValueKind == JsonValueKind.String && Guid.TryParseExact(value.GetString(), "D", out var given) ? given : null) is not null);

    public DateTimeOffset? Time(string name) => Read(name, "a time with its offset, such as 2026-01-31T12:00:00Z", static (JsonElement value, out DateTimeOffset? time) =>
        (time = value.ValueKind == JsonValueKind.String && Moment.IsMatch(value.GetString()!) && value.TryGetDateTimeOffset(out var given) ? given : null) is not null);

    public TimeSpan? Duration(string name) => Read(name, DurationText.Allowed, static (JsonElement value, out TimeSpan? duration) =>
        (duration = value.ValueKind == JsonValueKind.String && DurationText.TryParse(value.GetString(), out var given) ? given : null) is not null);

    /// <summary>One of the words; each stands for the value of its place.</summary>
    public T? Word<T>(string name, IReadOnlyDictionary<string, T> words)
        where T : struct => Text(name) is not { } text ? null
        : words.TryGetValue(text, out var value) ? value : throw InputException.Refused(At(name), name, text, string.Join(", ", words.Keys));

    public IReadOnlyList<string> Texts(string name, int most) => Read(name, $"a list of at most {most} strings", (JsonElement value, out List<string>? texts) =>
    {
        texts = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= most && value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(one => one.GetString()!)]
            : null;
        return texts is not null;
    }) ?? [];

    public override Place At(string name) => new($"{pointer}/{JsonPath.Escape(name)}");

    private delegate bool Reading<T>(JsonElement value, out T? read);

    private T? Read<T>(string name, string allowed, Reading<T> reading)
    {
        if (Raw(name) is not { } value)
        {
            return default;
        }

        return reading(value, out var read) ? read : throw InputException.Refused(At(name), name, Shown(value), allowed);
    }

    private static string Shown(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
