using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string Filtered =
        "($2::text is null or kind = $2) and ($3::text is null or queue = $3) and ($4::text is null or tenant = $4) order by finished_at, id limit $5";

    private const string DiscardDead = "update busjobs.job set state = 5, finished_at = coalesce($6, now()), discarded_by = $7 where id = any(array({0} for update)) returning kind";

    private const string RedriveDead =
        """
        with chosen as materialized (
            select id, kind, unique_key from busjobs.job where id = any(array({0} for update))
        ), free as (
            select c.id from (select id, kind, unique_key, row_number() over (partition by kind, unique_key order by id) as turn from chosen) c
            where c.unique_key is null or (c.turn = 1 and (
                select 1 from busjobs.job j where j.kind = c.kind and j.unique_key = c.unique_key and j.key_generation = busjobs.generation_of(c.kind)
                    and j.unique_key is not null and not j.waits_for_key and j.stage in (0, 1, 2) limit 1) is null)
        ), redriven as (
            update busjobs.job set state = 1, run_at = coalesce($6, now()), attempt = 0, crashes = 0, parks = 0, cancel_requested = false,
                   finished_at = null, reason = null, expires_at = null, discarded_by = null,
                   key_generation = case when unique_key is not null then busjobs.generation_of(kind) end
            where id = any(array(select id from free))
            returning id, kind
        )
        select r.kind from chosen c left join redriven r on r.id = c.id
        """;

    public async Task<RedriveReport> RedriveAsync(DeadFilter filter, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await RedriveFreeAsync(filter, now, cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // A new job has taken the key of one of these since they were looked at. The next look finds it.
            }
        }
    }

    public async Task<int> DiscardAsync(DeadFilter filter, string by, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var kinds = await KindsOfAsync(Statement(connection, OfDead(DiscardDead, filter), [.. Values(filter), Now(now), Of(by)]), cancellationToken);
        await CountAsync(connection, Tally.OfDiscarded(kinds), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return kinds.Count;
    }

    public async Task<int> CountDeadAsync(DeadFilter filter, CancellationToken cancellationToken)
    {
        await using var count = Statement(OfDead("select count(*)::integer from ({0}) dead", filter), Values(filter));
        return (int)(await count.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<RedriveReport> RedriveFreeAsync(DeadFilter filter, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var kinds = await KindsOfAsync(Statement(connection, OfDead(RedriveDead, filter), [.. Values(filter), Now(now)]), cancellationToken);
        var redriven = kinds.OfType<string>().ToList();
        await CountAsync(connection, Tally.OfRedriven(redriven, filter.Discarded), cancellationToken);
        await NotifyAsync(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new RedriveReport(redriven.Count, kinds.Count - redriven.Count);
    }

    /// <summary>A statement for each way to choose, because one plan for all would read every dead job to find one by its id.</summary>
    private static string OfDead(string statement, DeadFilter filter) => string.Format(
        System.Globalization.CultureInfo.InvariantCulture, statement,
        $"select id from busjobs.job where {(filter.Discarded ? "discarded_by is not null" : "stage = 4")} and {(filter.Ids is null ? "$1::uuid[] is null" : "id = any($1::uuid[])")} and {Filtered}");

    private static NpgsqlParameter[] Values(DeadFilter filter) =>
    [
        Of(filter.Ids?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid), Of(filter.Kind, NpgsqlDbType.Text), Of(filter.Queue, NpgsqlDbType.Text),
        Of(filter.Tenant, NpgsqlDbType.Text), Of(filter.Limit),
    ];

    private static async Task<List<string?>> KindsOfAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var statement = command;
        await using var reader = await statement.ExecuteReaderAsync(cancellationToken);
        var kinds = new List<string?>();
        while (await reader.ReadAsync(cancellationToken))
        {
            kinds.Add(reader.IsDBNull(0) ? null : reader.GetString(0));
        }

        return kinds;
    }
}
