using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BusJobs.Cli.Showing;

/// <summary>Reads answers leniently: a member that a server of another version does not send is shown as missing.</summary>
internal static class Fields
{
    /// <summary>How bodies are written: null members mean that the caller said nothing.</summary>
    public static JsonSerializerOptions Sent { get; } = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    extension(JsonElement element)
    {
        /// <summary>As text, whatever it is; null when it is not there.</summary>
        public string? Text(string name) => element.Member(name) is { } member ? member.ValueKind == JsonValueKind.String ? member.GetString() : member.GetRawText() : null;

        /// <summary>For a table: a dash when it is not there.</summary>
        public string Cell(string name, int max = 100) => element.Text(name) is { Length: > 0 } text ? Plain.First(text, max) : "-";

        public bool Flag(string name) => element.Member(name)?.ValueKind == JsonValueKind.True;

        public long Number(string name) => element.Member(name) is { ValueKind: JsonValueKind.Number } member && member.TryGetInt64(out var number) ? number : 0;

        public double? Measure(string name) => element.Member(name) is { ValueKind: JsonValueKind.Number } member ? member.GetDouble() : null;

        public DateTimeOffset? Time(string name) =>
            DateTimeOffset.TryParse(element.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

        public IEnumerable<JsonElement> Items(string name) => element.Member(name)?.Items() ?? [];

        public IEnumerable<JsonElement> Items() => element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : Enumerable.Empty<JsonElement>();

        public JsonElement? Member(string name) =>
            element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;
    }
}
