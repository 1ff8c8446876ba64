using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BusJobs.Api.Input;
using BusJobs.Ledger;

namespace BusJobs.Api.Jobs;

/// <summary>
/// A place in a list as an opaque text. It is no secret and opens nothing: a list filters by the caller's tenant in any case. It remembers the filter that
/// it belongs to, because a place in one order means nothing in another.
/// </summary>
internal static class Cursor
{
    private const int MaxLength = 512;

    public static string Write(JobPlace place, JobFilter filter) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new Written(place, Mark(filter)), PayloadJson.Options));

    /// <exception cref="InputException">It is none of ours, or of another filter.</exception>
    public static JobPlace? Read(string? text, JobFilter filter)
    {
        if (text is null)
        {
            return null;
        }

        return text.Length <= MaxLength && Parse(text) is { Place.Queue: { Length: <= 63 }, Mark: var mark } written && mark == Mark(filter)
            ? written.Place
            : throw InputException.Refused(new Place(Parameter: "cursor"), "cursor", text, "the 'next' of a page, with the filters of that page");
    }

    private static Written? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Written>(Base64Url.DecodeFromChars(text), PayloadJson.Options);
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return null;
        }
    }

    private static string Mark(JobFilter filter) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(filter, PayloadJson.Options))).AsSpan(0, 6));

    private sealed record Written(JobPlace Place, string Mark);
}
