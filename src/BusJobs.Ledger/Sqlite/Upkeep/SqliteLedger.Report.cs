using System.Text.Json;
using BusJobs.Ledger.Upkeep;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string DepthsSql =
        """
        select queue, sum(scheduled), sum(ready), sum(dispatched), coalesce(@now - min(oldest), 0) / 1000.0
        from (
            select queue, count(*) as scheduled, 0 as ready, 0 as dispatched, null as oldest
            from busjobs_job where state = 0 and not waits_for_key group by queue
            union all
            select queue, count(*), 0, 0, null from busjobs_job where state = 0 and waits_for_key group by queue
            union all
            select queue, 0, count(*), 0, min(run_at) from busjobs_job where state = 1 and line = 0 group by queue
            union all
            select queue, 0, count(*), 0, min(run_at) from busjobs_job where state = 1 and line = 1 group by queue
            union all
            select queue, 0, count(*), 0, min(run_at) from busjobs_job where behind is not null and state <= 1 and state = 1 group by queue
            union all
            select queue, 0, 0, sum(count), null from busjobs_dispatch group by queue
        )
        group by queue order by queue
        """;

    private const string SaveReportSql =
        """
        insert into busjobs_report (one, reported_at, report) values (1, @at, @report)
        on conflict (one) do update set reported_at = excluded.reported_at, report = excluded.report
        """;

    public Task<IReadOnlyList<QueueDepth>> DepthsAsync(DateTimeOffset? now, CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<QueueDepth>>(
        session =>
        {
            var counted = new List<QueueDepth>();
            using var row = session.Query(DepthsSql, ("@now", Ms(now)));
            while (row.Read())
            {
                counted.Add(new QueueDepth(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), Math.Max(0, row.GetDouble(4))));
            }

            return counted;
        },
        cancellationToken);

    public Task SaveReportAsync(LedgerReport report, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(
            SaveReportSql, ("@at", report.At.ToUnixTimeMilliseconds()), ("@report", JsonSerializer.Serialize(report, PayloadJson.Options))),
        cancellationToken);

    public Task<LedgerReport?> FindReportAsync(CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            using var row = session.Query("select report from busjobs_report");
            return row.Read() ? JsonSerializer.Deserialize<LedgerReport>(row.GetString(0), PayloadJson.Options) : null;
        },
        cancellationToken);
}
