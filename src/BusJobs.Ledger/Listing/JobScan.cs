using System.Globalization;
using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.Ledger.Listing;

/// <summary>
/// The rows that one page looks at, in the order of indexes that are there anyway: dead, discarded, scheduled and ready jobs by their partial
/// indexes, running ones by the open dispatches, all others by the primary key, newest first. At most <see cref="Rows"/> of them,
/// so that no combination of filters can make a page slow.
/// </summary>
internal sealed record JobScan(string Keys, string Direction, params IReadOnlyList<string> Conditions)
{
    /// <summary>How many rows one page looks at.</summary>
    public const int Rows = 10_000;

    private static readonly JobScan Discarded = new("finished_at, id", "desc", "discarded_by is not null");
    private static readonly JobScan Newest = new("id", "desc", "true");

    /// <summary>Conditions of one scan are those of partial indexes, and no row fulfils two of them.</summary>
    public static JobScan Of(JobFilter filter, bool sqlite) => filter.Discarded ? Discarded : sqlite ? OnSqlite(filter.State) : OnPostgres(filter.State);

    // Its indexes go by stages, of which ready and dispatched jobs have the same.
    private static JobScan OnPostgres(LedgerState? state) => state switch
    {
        LedgerState.Dead => new JobScan("finished_at, id", "desc", "stage = 4"),
        LedgerState.Scheduled => new JobScan("run_at, id", "asc", "stage = 0 and not waits_for_key", "stage = 0 and waits_for_key"),
        LedgerState.Ready => new JobScan("queue, lane, priority, run_at, id", "asc", "stage = 1 and state <> 2 and line = 0", "stage = 1 and state <> 2 and line > 0"),
        LedgerState.Dispatched => new JobScan("id", "desc", "id in (select u from busjobs.dispatch d cross join lateral unnest(d.jobs) u) and state = 2"),
        _ => Newest,
    };

    private static JobScan OnSqlite(LedgerState? state) => state switch
    {
        LedgerState.Dead => new JobScan("finished_at, id", "desc", "state = 4"),
        LedgerState.Scheduled => new JobScan("run_at, id", "asc", "state = 0 and not waits_for_key", "state = 0 and waits_for_key"),
        LedgerState.Ready => new JobScan("queue, lane, priority, run_at, id", "asc", "state = 1 and line = 0", "state = 1 and line > 0"),
        LedgerState.Dispatched => new JobScan("id", "desc", "id in (select place.value from busjobs_dispatch d cross join json_each(d.jobs) place) and state = 2"),
        _ => Newest,
    };

    /// <summary>Whether every row of the scan is one that the filter asks for.</summary>
    public bool Picks(JobFilter filter) => Conditions is not ["true"] && filter with { State = filter.Discarded ? filter.State : null, Discarded = false, Queue = BeginsWithQueue ? null : filter.Queue } == new JobFilter();

    /// <summary>Only the indexes of ready jobs begin with the queue; elsewhere the queue is a filter like others.</summary>
    private bool BeginsWithQueue => Keys.StartsWith("queue", StringComparison.Ordinal);

    /// <summary>The first rows after a place, or from the start.</summary>
    public IQueryable<JobRow> After(LedgerContext context, JobPlace? place, string? queue, int rows)
    {
        var sqlite = context.IsSqlite;
        var values = place is null ? [] : Values(place, sqlite).ToList();
        var marks = string.Join(", ", Enumerable.Range(0, values.Count).Select(i => $"{{{i}}}"));
        var after = place is null ? "" : $" and ({Keys}) {(Direction == "asc" ? ">" : "<")} ({marks})";
        var ofQueue = "";
        if (queue is not null && BeginsWithQueue)
        {
            ofQueue = $" and queue = {{{values.Count}}}";
            values.Add(queue);
        }

        var ordered = $"order by {string.Join(", ", Keys.Split(", ").Select(key => $"{key} {Direction}"))} limit {rows}";
        var table = sqlite ? "busjobs_job" : "busjobs.job";
        // Each condition by itself, so that its index gives the order and the limit ends it.
        var scans = Conditions.Select(condition => $"select * from (select * from {table} where {condition}{ofQueue}{after} {ordered}) job");
        // Only words of this class: what a caller gave is in the values.
        var sql = $"select * from ({string.Join(" union all ", scans)}) job {ordered}";
        return context.Jobs.FromSqlRaw(sql, [.. values]).AsNoTracking();
    }

    public IOrderedQueryable<JobRow> Sort(IQueryable<JobRow> jobs) => Keys switch
    {
        "finished_at, id" => jobs.OrderByDescending(job => job.FinishedAt).ThenByDescending(job => job.Id),
        "run_at, id" => jobs.OrderBy(job => job.RunAt).ThenBy(job => job.Id),
        "id" => jobs.OrderByDescending(job => job.Id),
        _ => jobs.OrderBy(job => job.Queue).ThenBy(job => job.Lane).ThenBy(job => job.Priority).ThenBy(job => job.RunAt).ThenBy(job => job.Id),
    };

    private IEnumerable<object> Values(JobPlace place, bool sqlite) => Keys.Split(", ").Select(key => key switch
    {
        "id" => sqlite ? place.Id.ToString("D", CultureInfo.InvariantCulture) : place.Id,
        "queue" => place.Queue,
        "lane" => place.Lane,
        "priority" => place.Priority,
        _ => sqlite ? (object)place.At.ToUnixTimeMilliseconds() : place.At.ToUniversalTime(),
    });
}
