using BusJobs.Ledger.Upkeep;
using Npgsql;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    /// <summary>One at a time: two would find the same difference, and mend it twice.</summary>
    private const string OneReconciles = "select pg_advisory_xact_lock(hashtext('busjobs.tally'))";

    /// <summary>However many of the jobs are dead, those that are not are never looked at.</summary>
    private const string ByIndexOnly = "set local enable_seqscan = off";

    // One statement sees both sides as of one moment. Whoever changes one of them changes the other in the same transaction, so that no
    // transaction under way, and none that commits before the difference is added, makes it another.
    private const string MendDead =
        """
        with counted as (
            select kind, count(*) as jobs from busjobs.job where stage = 4 group by kind
        ), told as (
            select kind, sum(dead)::bigint as jobs from busjobs.tally group by kind
        ), off as materialized (
            select kind, coalesce(t.jobs, 0) as told, coalesce(c.jobs, 0) as counted from told t full join counted c using (kind)
            where coalesce(t.jobs, 0) <> coalesce(c.jobs, 0)
        ), mended as (
            insert into busjobs.tally as t (slot, kind, dead) select 0, kind, counted - told from off order by kind
            on conflict (slot, kind) do update set dead = t.dead + excluded.dead
        )
        select kind, told, counted from off order by kind
        """;

    public async Task<IReadOnlyList<DeadDrift>> ReconcileAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var begin = new NpgsqlBatch(connection) { BatchCommands = { Command(OneReconciles), Command(ByIndexOnly) } })
        {
            await begin.ExecuteNonQueryAsync(cancellationToken);
        }

        var drifts = new List<DeadDrift>();
        await using (var mend = Statement(connection, MendDead))
        await using (var row = await mend.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken))
            {
                drifts.Add(new DeadDrift(row.GetString(0), row.GetInt64(1), row.GetInt64(2)));
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return drifts;
    }
}
