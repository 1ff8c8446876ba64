using System.Text.Json;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string FilteredSql =
        "(@kind is null or kind = @kind) and (@queue is null or queue = @queue) and (@tenant is null or tenant = @tenant) order by finished_at, id limit @limit";

    private const string DiscardSql =
        "update busjobs_job set state = 5, finished_at = @now, discarded_by = @by where rowid in ({0}) returning kind";

    // A job whose key another has by now changes nothing, because the index would not have it.
    private const string RedriveSql =
        """
        update or ignore busjobs_job set state = 1, run_at = @now, attempt = 0, crashes = 0, parks = 0, cancel_requested = 0,
            finished_at = null, duration_ms = null, worker = null, reason = null, progress = null, progress_note = null, expires_at = null, discarded_by = null,
            key_generation = case when unique_key is not null
                then coalesce((select generation from busjobs_key_generation where scope = kind), 0) end
        where rowid in ({0})
        returning kind
        """;

    public async Task<RedriveReport> RedriveAsync(DeadFilter filter, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var report = await writer.WriteAsync(
            session =>
            {
                var dead = CountDead(session, filter);
                var kinds = KindsOf(session, OfDead(RedriveSql, filter), [.. Values(filter), ("@now", Ms(now))]);
                Count(session, Tally.OfRedriven(kinds, filter.Discarded));
                return new RedriveReport(kinds.Count, dead - kinds.Count);
            },
            cancellationToken);
        return Woken(report, report.Ready > 0);
    }

    public Task<int> DiscardAsync(DeadFilter filter, string by, DateTimeOffset? now, CancellationToken cancellationToken) => writer.WriteAsync(
        session =>
        {
            var kinds = KindsOf(session, OfDead(DiscardSql, filter), [.. Values(filter), ("@now", Ms(now)), ("@by", by)]);
            Count(session, Tally.OfDiscarded(kinds));
            return kinds.Count;
        },
        cancellationToken);

    public Task<int> CountDeadAsync(DeadFilter filter, CancellationToken cancellationToken) => reader.ReadAsync(session => CountDead(session, filter), cancellationToken);

    private static int CountDead(SqliteSession session, DeadFilter filter)
    {
        using var row = session.Query(OfDead("select count(*) from ({0})", filter), Values(filter));
        row.Read();
        return row.GetInt32(0);
    }

    /// <summary>A statement for each way to choose, because one plan for all would read every dead job to find one by its id.</summary>
    private static string OfDead(string statement, DeadFilter filter) => string.Format(
        System.Globalization.CultureInfo.InvariantCulture, statement,
        $"select rowid from busjobs_job where {(filter.Discarded ? "discarded_by is not null" : "state = 4")} and {(filter.Ids is null ? "@ids is null" : "id in (select value from json_each(@ids))")} and {FilteredSql}");

    private static (string, object?)[] Values(DeadFilter filter) =>
    [
        ("@ids", filter.Ids is { } ids ? JsonSerializer.Serialize(ids) : null), ("@kind", filter.Kind), ("@queue", filter.Queue), ("@tenant", filter.Tenant),
        ("@limit", filter.Limit),
    ];

    private static List<string> KindsOf(SqliteSession session, string sql, (string, object?)[] values)
    {
        using var row = session.Query(sql, values);
        var kinds = new List<string>();
        while (row.Read())
        {
            kinds.Add(row.GetString(0));
        }

        return kinds;
    }
}
