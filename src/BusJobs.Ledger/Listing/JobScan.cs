using System.Globalization;
using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.Ledger.Listing;

/// <summary>
/// The rows that one page looks at, in the order of an index that is there anyway: dead, scheduled and ready jobs by their partial
/// indexes, running ones by the open dispatches, all others by the primary key, newest first. At most <see cref="Rows"/> of them,
/// so that no combination of filters can make a page slow.
/// </summary>
internal sealed record JobScan(string Source, string State, string Keys, string Direction)
{
    /// <summary>How many rows one page looks at.</summary>
    public const int Rows = 10_000;

    private const string PostgresRunning =
        "busjobs.job where id in (select u from busjobs.dispatch d cross join lateral unnest(d.jobs) u)";

    private const string SqliteRunning =
        "busjobs_job where id in (select place.value from busjobs_dispatch d cross join json_each(d.jobs) place)";

    public static JobScan Of(LedgerState? state, bool sqlite)
    {
        var job = (sqlite ? "busjobs_job" : "busjobs.job") + " where true";
        return state switch
        {
            LedgerState.Dead => new JobScan(job, "and state = 4", "finished_at, id", "desc"),
            LedgerState.Scheduled => new JobScan(job, "and state = 0", "run_at, id", "asc"),
            LedgerState.Ready => new JobScan(job, "and state = 1", "queue, lane, priority, run_at, id", "asc"),
            LedgerState.Dispatched => new JobScan(sqlite ? SqliteRunning : PostgresRunning, "and state = 2", "id", "desc"),
            _ => new JobScan(job, "", "id", "desc"),
        };
    }

    /// <summary>The rows after a place, or from the start.</summary>
    public IQueryable<JobRow> After(LedgerContext context, JobPlace? place, string? queue, bool sqlite)
    {
        var values = place is null ? [] : Values(place, sqlite).ToList();
        var marks = string.Join(", ", Enumerable.Range(0, values.Count).Select(i => $"{{{i}}}"));
        var after = place is null ? "" : $" and ({Keys}) {(Direction == "asc" ? ">" : "<")} ({marks})";
        var ofQueue = "";
        // Only the index of ready jobs begins with the queue; elsewhere the queue is a filter like others.
        if (queue is not null && Keys.StartsWith("queue", StringComparison.Ordinal))
        {
            ofQueue = $" and queue = {{{values.Count}}}";
            values.Add(queue);
        }

        var order = string.Join(", ", Keys.Split(", ").Select(key => $"{key} {Direction}"));
        // Only words of this class: what a caller gave is in the values.
        var sql = $"select * from {Source} {State}{ofQueue}{after} order by {order} limit {Rows}";
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
