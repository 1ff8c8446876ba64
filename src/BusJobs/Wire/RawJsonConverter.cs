using System.Text.Json;
using System.Text.Json.Serialization;

namespace BusJobs.Wire;

/// <summary>
/// Splices JSON that is held as text into a message, and cuts it out again: a payload is parsed once, where its handler runs.
/// The text was checked at the door and again when it was packed, so it is not validated a third time.
/// </summary>
public sealed class RawJsonConverter : JsonConverter<string>
{
    /// <summary>A payload may be <c>null</c>, four letters like any others.</summary>
    public override bool HandleNull => true;

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // Its memory is rented, and goes back at once.
        using var value = JsonDocument.ParseValue(ref reader);
        return value.RootElement.GetRawText();
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value, skipInputValidation: true);
}
