using System.Globalization;
using System.Text;
using System.Text.Json;
using BusJobs.Bus;
using MassTransit;

namespace BusJobs.Coordinator.Receiving;

/// <summary>What a letter says of itself: MassTransit's JSON envelope, or bare JSON with the same words in the transport's headers.</summary>
/// <param name="Message">The exact JSON of the command, cut out and not parsed further.</param>
internal sealed record Envelope(Guid? MessageId, IReadOnlyList<string> Types, string? Message, IReadOnlyDictionary<string, string> Headers)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="JsonException">The body is no JSON object.</exception>
    /// <exception cref="DecoderFallbackException">The body is no UTF-8.</exception>
    public static Envelope Open(Letter letter)
    {
        var body = letter.Body.Span;
        body = body.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body;
        var envelope = Read(body);
        return envelope is { Types.Count: 0, Message: null } ? Bare(letter.Headers, Strict.GetString(body)) : envelope;
    }

    private static Envelope Bare(Headers headers, string message) => new(
        headers.GetMessageId(),
        headers.GetMessageTypes(),
        message,
        headers.GetAll().Where(header => header.Value is IConvertible)
            .ToDictionary(header => header.Key, header => Convert.ToString(header.Value, CultureInfo.InvariantCulture) ?? "", StringComparer.OrdinalIgnoreCase));

    private static Envelope Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        Guid? id = null;
        string? message = null;
        var types = new List<string>();
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("It is not a JSON object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "messageId":
                    id = reader.TokenType == JsonTokenType.String && reader.TryGetGuid(out var guid) ? guid : null;
                    break;
                case "message":
                    message = Cut(ref reader, body);
                    continue;
                case "messageType" when reader.TokenType == JsonTokenType.StartArray:
                    while (reader.Read() && reader.TokenType == JsonTokenType.String)
                    {
                        types.Add(reader.GetString()!);
                    }

                    continue;
                case "headers" when reader.TokenType == JsonTokenType.StartObject:
                    ReadHeaders(ref reader, body, headers);
                    continue;
            }

            reader.Skip();
        }

        return new Envelope(id, types, message, headers);
    }

    private static void ReadHeaders(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Dictionary<string, string> headers)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            headers[name] = reader.TokenType == JsonTokenType.String ? reader.GetString()! : Cut(ref reader, body);
        }
    }

    private static string Cut(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return Strict.GetString(body[start..(int)reader.BytesConsumed]);
    }
}
