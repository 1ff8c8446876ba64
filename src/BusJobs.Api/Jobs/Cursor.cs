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

    /// <param name="place">Null for the beginning.</param>
    public static string Write(JobPlace? place, JobFilter filter) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new Written(place, Mark(filter)), PayloadJson.Options));

    /// <exception cref="InputException">It is none of ours, or of another filter.</exception>
    public static JobPlace? Read(Words words, JobFilter filter) => Read(words, [filter]).Place;

    /// <summary>Of lists that are read one after the other: which of them to go on with, and from where.</summary>
    /// <exception cref="InputException">It is none of ours, or of no such filter.</exception>
    public static (int List, JobPlace? Place) Read(Words words, IReadOnlyList<JobFilter> filters)
    {
        if (words.Text("cursor") is not { } text)
        {
            return (0, null);
        }

        var written = text.Length <= MaxLength && Parse(text) is { Place: null or { Queue: { Length: <= 63 } } } read ? read : null;
        var list = written is null ? -1 : filters.Select(Mark).ToList().IndexOf(written.Mark);
        return list >= 0 ? (list, written!.Place) : throw words.Refused("cursor", text, "the 'next' of a page, with the filters of that page");
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

    private sealed record Written(JobPlace? Place, string Mark);
}
