using System.Text;
using System.Text.Json;

namespace BusJobs.Ledger;

/// <summary>A member at the top of a payload, and the value that it must have.</summary>
/// <param name="Value">The text of a string; or a number, <c>true</c> or <c>false</c> as it stands in the payload. Nothing else is found.</param>
public sealed record MemberFilter(string Name, string Value)
{
    public bool Matches(string payload)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(payload), new JsonReaderOptions { MaxDepth = Limits.MaxPayloadDepth });
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && Find(ref reader) && IsValue(reader);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // A row that somebody wrote past the door; it is no reason to find nothing else.
            return false;
        }
    }

    /// <summary>Goes to the member's value.</summary>
    private bool Find(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSought = reader.ValueTextEquals(Name);
            reader.Read();
            if (isSought)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private bool IsValue(in Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.ValueTextEquals(Value),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => reader.ValueSpan.SequenceEqual(Encoding.UTF8.GetBytes(Value)),
        _ => false,
    };
}
