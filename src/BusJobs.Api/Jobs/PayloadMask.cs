using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace BusJobs.Api.Jobs;

/// <summary>Payloads for people: indented, and with a mask in place of what members with telling names hold.</summary>
internal static class PayloadMask
{
    public const string Mask = "•••";

    private static readonly string[] Telling = ["password", "passwd", "pwd", "secret", "token", "authorization", "credential", "cookie", "signature", "passphrase"];

    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>Whether a member of this name is taken for a secret.</summary>
    public static bool IsSecret(string name)
    {
        var plain = name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
        return plain.EndsWith("key", StringComparison.Ordinal) || Telling.Any(plain.Contains);
    }

    /// <param name="reveal">True to mask nothing.</param>
    /// <returns>The text, and whether anything in it is masked.</returns>
    public static (string Text, bool IsMasked) Show(string payload, bool reveal)
    {
        using var document = Parse(payload);
        var isMasked = false;
        var text = Write(document.RootElement, beside: default, new JsonWriterOptions { Indented = true, Encoder = Encoder }, (member, value, _) =>
        {
            var masks = !reveal && IsSecret(member) && value.ValueKind != JsonValueKind.Null;
            isMasked |= masks;
            return masks ? MaskElement : null;
        });
        return (text, isMasked);
    }

    /// <summary>Puts back what was masked: a member that still holds the mask gets what the original has at the same place.</summary>
    /// <returns>The text without needless spaces, and whether anything in it was masked.</returns>
    /// <exception cref="JobRefusedException">It is no JSON that the door lets in, or a mask stands where the original has nothing.</exception>
    public static (string Text, bool WasMasked) Restore(string edited, string original)
    {
        PayloadJson.Check(edited);
        using var after = Parse(edited);
        using var before = Parse(original);
        var wasMasked = false;
        var text = Write(after.RootElement, before.RootElement, new JsonWriterOptions { Encoder = Encoder }, (member, value, kept) =>
        {
            var isMasked = IsSecret(member) && IsMask(value);
            wasMasked |= isMasked;
            return isMasked ? Kept(member, kept) : null;
        });
        PayloadJson.Check(text);
        return (text, wasMasked);
    }

    private static JsonElement MaskElement { get; } = JsonSerializer.SerializeToElement(Mask);

    private static JsonDocument Parse(string payload) => JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = Limits.MaxPayloadDepth });

    private static string Write(JsonElement root, JsonElement beside, JsonWriterOptions options, Replace replace)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, options))
        {
            Copy(writer, root, beside, replace);
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <param name="beside">What another document has at the same place; undefined when it has nothing.</param>
    private static void Copy(Utf8JsonWriter writer, JsonElement value, JsonElement beside, Replace replace)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    var other = beside.ValueKind == JsonValueKind.Object && beside.TryGetProperty(member.Name, out var found) ? found : default;
                    if (replace(member.Name, member.Value, other) is { } instead)
                    {
                        instead.WriteTo(writer);
                    }
                    else
                    {
                        Copy(writer, member.Value, other, replace);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var (index, item) in value.EnumerateArray().Index())
                {
                    Copy(writer, item, beside.ValueKind == JsonValueKind.Array && index < beside.GetArrayLength() ? beside[index] : default, replace);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static bool IsMask(JsonElement value) => value.ValueKind == JsonValueKind.String && value.ValueEquals(Mask);

    private static JsonElement Kept(string name, JsonElement original) => original.ValueKind != JsonValueKind.Undefined
        ? original
        : throw new JobRefusedException("payload", Mask, $"a value for '{name}', which the job did not have at that place");

    /// <returns>What is written in place of the member's value; null to go on into it.</returns>
    private delegate JsonElement? Replace(string member, JsonElement value, JsonElement beside);
}
