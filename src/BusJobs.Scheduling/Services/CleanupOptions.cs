using System.ComponentModel.DataAnnotations;
using BusJobs.Ledger.Upkeep;

namespace BusJobs.Scheduling.Services;

/// <summary>How long finished jobs stay. Bound from the section <c>BusJobs:Cleanup</c> by the server.</summary>
public sealed class CleanupOptions
{
    /// <summary>Default: 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3653.00:00:00")]
    public TimeSpan Succeeded { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Dead jobs wait for somebody to look at them. Default: 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3653.00:00:00")]
    public TimeSpan Dead { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Default: 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3653.00:00:00")]
    public TimeSpan Cancelled { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Default: 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3653.00:00:00")]
    public TimeSpan Expired { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Kinds whose finished jobs, however they ended, stay for another time. Default: none.</summary>
    public IDictionary<string, TimeSpan> Kinds { get; } = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);

    /// <summary>Fires of schedules, and runs of services. Default: 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3653.00:00:00")]
    public TimeSpan History { get; set; } = TimeSpan.FromDays(30);

    /// <summary>What operators did. Default: 366 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3653.00:00:00")]
    public TimeSpan Audit { get; set; } = TimeSpan.FromDays(366);

    /// <summary>How long between two walks; the first begins at the start. Default: 15 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Most rows that one transaction looks at. Default: 1,000.</summary>
    [Range(1, 100_000)]
    public int Batch { get; set; } = 1_000;

    /// <summary>
    /// The least pause between two batches, which leaves the database to the jobs. It is twice as long as the batch took where that is more: a database that is busy
    /// with jobs answers late, and then cleanup takes a third of the time at most. Default: 20 ms.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan Breath { get; set; } = TimeSpan.FromMilliseconds(20);

    internal TimeSpan BreathAfter(TimeSpan batch) => batch * 2 > Breath ? batch * 2 : Breath;

    internal List<RetentionRule> Rules(DateTimeOffset now) =>
    [
        .. States.Select(state => new RetentionRule(state.State, Kind: null, now - state.Stay)),
        .. from kind in Kinds from state in States select new RetentionRule(state.State, kind.Key, now - kind.Value),
    ];

    private (LedgerState State, TimeSpan Stay)[] States =>
        [(LedgerState.Succeeded, Succeeded), (LedgerState.Dead, Dead), (LedgerState.Cancelled, Cancelled), (LedgerState.Expired, Expired)];
}
