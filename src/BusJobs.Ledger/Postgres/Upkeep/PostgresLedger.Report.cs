using System.Text.Json;
using BusJobs.Ledger.Upkeep;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // Each count goes along one partial index, so that finished jobs are never looked at.
    private const string Depths =
        """
        select queue, sum(scheduled)::bigint, sum(ready)::bigint, sum(dispatched)::bigint, coalesce(extract(epoch from coalesce($1, now()) - min(oldest)), 0)::float8
        from (
            select queue, count(*) as scheduled, 0 as ready, 0 as dispatched, null::timestamptz as oldest
            from busjobs.job where stage = 0 and not waits_for_key group by queue
            union all
            select queue, count(*), 0, 0, null from busjobs.job where stage = 0 and waits_for_key group by queue
            union all
            select queue, 0, count(*), 0, min(run_at) from busjobs.job where stage = 1 and state <> 2 and line = 0 group by queue
            union all
            select queue, 0, count(*), 0, min(run_at) from busjobs.job where stage = 1 and state <> 2 and line = 1 group by queue
            union all
            select queue, 0, count(*), 0, min(run_at) from busjobs.job where behind is not null and stage <= 1 and state = 1 group by queue
            union all
            select queue, 0, 0, sum(count), null from busjobs.dispatch group by queue
        ) d
        group by queue order by queue
        """;

    private const string SaveReport =
        """
        insert into busjobs.report (reported_at, report) values ($1, $2)
        on conflict (one) do update set reported_at = excluded.reported_at, report = excluded.report
        """;

    public async Task<IReadOnlyList<QueueDepth>> DepthsAsync(DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var select = Statement(Depths, Now(now));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var counted = new List<QueueDepth>();
        while (await reader.ReadAsync(cancellationToken))
        {
            counted.Add(new QueueDepth(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), Math.Max(0, reader.GetDouble(4))));
        }

        return counted;
    }

    public async Task SaveReportAsync(LedgerReport report, CancellationToken cancellationToken)
    {
        await using var save = Statement(SaveReport, Now(report.At), Of(JsonSerializer.Serialize(report, PayloadJson.Options), NpgsqlDbType.Text));
        await save.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<LedgerReport?> FindReportAsync(CancellationToken cancellationToken)
    {
        await using var select = Statement("select report from busjobs.report");
        return await select.ExecuteScalarAsync(cancellationToken) is string report ? JsonSerializer.Deserialize<LedgerReport>(report, PayloadJson.Options) : null;
    }
}
