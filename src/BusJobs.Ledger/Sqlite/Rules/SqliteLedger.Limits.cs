using System.Text.Json;
using BusJobs.Ledger.Model;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string SetLimitSql =
        """
        insert into busjobs_dispatch_limit as l (scope, name, max_running, max_starts, period_ms, weight, declared)
        values (@scope, @name, @running, @starts, @period, @weight, @declared)
        on conflict (scope, name) do update set max_running = excluded.max_running, max_starts = excluded.max_starts,
            period_ms = excluded.period_ms, weight = excluded.weight, declared = coalesce(excluded.declared, l.declared)
        where excluded.declared is null or excluded.declared is not l.declared
        """;

    private const string CountRunningSql =
        """
        update busjobs_job set limited = 1 where id in (
            select job.id from busjobs_dispatch dispatch cross join json_each(dispatch.jobs) place cross join busjobs_job job on job.id = place.value
            where job.state = 2 and job.fence = dispatch.fences ->> place.key and not job.limited
              and case @scope when 1 then job.kind = @name or @name = '*' else job.tenant = @name or (@name = '*' and job.tenant is not null) end)
        """;

    private const string SelectLimitsSql = "select scope, name, max_running, max_starts, period_ms, weight from busjobs_dispatch_limit order by scope, name";

    public Task SetLimitAsync(DispatchLimit limit, CancellationToken cancellationToken) => WriteLimitsAsync([limit.Checked()], declared: false, cancellationToken);

    public Task DeclareLimitsAsync(IReadOnlyCollection<DispatchLimit> limits, CancellationToken cancellationToken) => limits.Count == 0
        ? Task.CompletedTask
        : WriteLimitsAsync([.. limits.Select(limit => limit.Checked())], declared: true, cancellationToken);

    public Task<IReadOnlyList<DispatchLimit>> LimitsAsync(CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<DispatchLimit>>(
        session => [.. ReadLimits(session).Where(limit => !limit.IsNone)], cancellationToken);

    private Task WriteLimitsAsync(List<DispatchLimit> limits, bool declared, CancellationToken cancellationToken) =>
        ChangeRulesAsync(session => limits.Sum(limit => WriteLimit(session, limit, declared)), cancellationToken);

    private static int WriteLimit(SqliteSession session, DispatchLimit limit, bool declared)
    {
        var written = session.Run(
            SetLimitSql,
            ("@scope", (int)limit.Scope),
            ("@name", limit.Name),
            ("@running", limit.MaxRunning),
            ("@starts", limit.Rate?.Starts),
            ("@period", (long?)limit.Rate?.Per.TotalMilliseconds),
            ("@weight", limit.Weight),
            ("@declared", declared ? JsonSerializer.Serialize(limit) : null));
        if (written > 0 && limit.Counts)
        {
            session.Run(CountRunningSql, ("@scope", (int)limit.Scope), ("@name", limit.Name));
        }

        return written;
    }

    private static List<DispatchLimit> ReadLimits(SqliteSession session)
    {
        var limits = new List<DispatchLimit>();
        using var row = session.Query(SelectLimitsSql);
        while (row.Read())
        {
            limits.Add(row.ReadDispatchLimit());
        }

        return limits;
    }
}
