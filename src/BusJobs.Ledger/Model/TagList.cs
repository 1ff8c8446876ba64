using System.Text.Json;

namespace BusJobs.Ledger.Model;

/// <summary>A job's tags as its row has them: a JSON array, null when there are none.</summary>
internal static class TagList
{
    public static string? Write(IReadOnlyList<string> tags) => tags.Count == 0 ? null : JsonSerializer.Serialize(tags);

    public static IReadOnlyList<string> Read(string? text) => text is null ? [] : JsonSerializer.Deserialize<string[]>(text)!;
}
