using System.Text.Json;
using System.Text.Unicode;

namespace BusJobs.Api.Input;

/// <summary>
/// Reads a body as JSON and refuses, with a pointer to the place, what parsers disagree on or the ledger cannot keep: a member
/// that is there twice, NUL, half of a surrogate pair, invalid UTF-8, too many levels, anything after the end.
/// </summary>
internal static class StrictJson
{
    /// <summary>A payload, within a job, within the list of a batch, within the body.</summary>
    private const int MaxDepth = Limits.MaxPayloadDepth + 3;

    /// <exception cref="InputException">The first fault.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        if (!Utf8.IsValid(utf8.Span))
        {
            throw new InputException(new Place(Pointer: ""), "The body is not valid UTF-8.");
        }

        Walk(utf8.Span);
        return JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
    }

    private static void Walk(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        var path = new JsonPath();
        try
        {
            while (reader.Read())
            {
                path.Meet(ref reader);
                CheckText(ref reader, path);
            }
        }
        catch (JsonException exception)
        {
            throw new InputException(
                new Place(path.ToString()),
                $"The body is not JSON of at most {MaxDepth} levels: see line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.");
        }
    }

    private static void CheckText(ref Utf8JsonReader reader, JsonPath path)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
        {
            return;
        }

        string? text;
        try
        {
            text = reader.GetString();
        }
        catch (InvalidOperationException)
        {
            throw new InputException(new Place(path.ToString()), "A text holds half of a surrogate pair.");
        }

        if (text!.Contains('\0', StringComparison.Ordinal))
        {
            throw new InputException(new Place(path.ToString()), "A text holds the character NUL (\\u0000).");
        }
    }
}
