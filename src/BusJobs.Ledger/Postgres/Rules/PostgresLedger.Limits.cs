using System.Text.Json;
using BusJobs.Ledger.Model;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string SetLimit =
        """
        insert into busjobs.dispatch_limit as l (scope, name, max_running, max_starts, period_ms, weight, declared) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (scope, name) do update set max_running = excluded.max_running, max_starts = excluded.max_starts,
            period_ms = excluded.period_ms, weight = excluded.weight, declared = coalesce(excluded.declared, l.declared)
        where excluded.declared is null or excluded.declared is distinct from l.declared
        """;

    private const string SelectLimits = "select scope, name, max_running, max_starts, period_ms, weight from busjobs.dispatch_limit order by scope, name";

    public Task SetLimitAsync(DispatchLimit limit, CancellationToken cancellationToken) => WriteLimitsAsync([limit.Checked()], declared: false, cancellationToken);

    public Task DeclareLimitsAsync(IReadOnlyCollection<DispatchLimit> limits, CancellationToken cancellationToken) => limits.Count == 0
        ? Task.CompletedTask
        : WriteLimitsAsync([.. limits.Select(limit => limit.Checked())], declared: true, cancellationToken);

    public async Task<IReadOnlyList<DispatchLimit>> LimitsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return [.. (await LimitsAsync(connection, cancellationToken)).Where(limit => !limit.IsNone)];
    }

    private Task WriteLimitsAsync(List<DispatchLimit> limits, bool declared, CancellationToken cancellationToken) => ChangeRulesAsync(
        async connection =>
        {
            foreach (var limit in limits)
            {
                await using var set = Statement(connection, SetLimit, Of((short)limit.Scope), Of(limit.Name),
                    Of(limit.MaxRunning, NpgsqlDbType.Integer), Of(limit.Rate?.Starts, NpgsqlDbType.Integer),
                    Of((long?)limit.Rate?.Per.TotalMilliseconds, NpgsqlDbType.Bigint), Of(limit.Weight, NpgsqlDbType.Integer),
                    Of(declared ? JsonSerializer.Serialize(limit) : null, NpgsqlDbType.Text));
                await set.ExecuteNonQueryAsync(cancellationToken);
            }

            return limits.Count;
        },
        cancellationToken);

    private static async Task<List<DispatchLimit>> LimitsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var select = Statement(connection, SelectLimits);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var limits = new List<DispatchLimit>();
        while (await reader.ReadAsync(cancellationToken))
        {
            limits.Add(reader.ReadDispatchLimit());
        }

        return limits;
    }
}
