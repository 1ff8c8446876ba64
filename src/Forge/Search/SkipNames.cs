using System.Data.Common;
using Forge.Indexing;

namespace Forge.Search;

/// <summary>Reasons as both databases store them: their names, and null for an indexed file.</summary>
internal static class SkipNames
{
    public static SkipReason? Read(object stored) => stored is string name ? Enum.Parse<SkipReason>(name) : null;

    /// <param name="rows">Reason, count, sum of lines.</param>
    public static async Task<SearchStats> StatsAsync(DbDataReader rows, CancellationToken cancellationToken)
    {
        var stats = new SearchStats(0, 0, new Dictionary<SkipReason, long>());
        var skipped = new Dictionary<SkipReason, long>();
        while (await rows.ReadAsync(cancellationToken))
        {
            if (Read(rows.GetValue(0)) is { } reason)
            {
                skipped[reason] = rows.GetInt64(1);
            }
            else
            {
                stats = stats with { Files = rows.GetInt64(1), Lines = rows.GetInt64(2) };
            }
        }

        return stats with { Skipped = skipped };
    }
}
