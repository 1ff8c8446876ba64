using System.ComponentModel.DataAnnotations;

namespace Forge.Backfill;

/// <summary>How missing statistics are filled in.</summary>
public sealed class BackfillOptions
{
    /// <summary>How long a window that was asked for is not asked for again, whatever became of it. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "365.00:00:00")]
    public TimeSpan DedupTtl { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A window that was not begun within this time is dropped, and counted as expired. Default: 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "365.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(1);
}
