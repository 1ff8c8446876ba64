using BusJobs.Ledger.Upkeep;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // Whether a job is past its retention is asked of the row that is deleted, which may have been redriven since the page was read.
    private const string RemoveJobs =
        """
        with page as materialized (
            select id, kind, state from busjobs.job where id > $1 and id <= $2 order by id limit $3
        ), doomed as (
            select p.id, p.state, (
                select r.before from unnest($4, $5, $6) as r(state, kind, before)
                where r.state = p.state and (r.kind is null or r.kind = p.kind) order by r.kind nulls last limit 1) as before
            from page p
        ), gone as (
            delete from busjobs.job j using doomed d where j.id = d.id and j.state = d.state and j.finished_at < d.before returning j.id, j.kind, j.state
        ), attempts as (
            delete from busjobs.attempt a using gone g where a.job_id = g.id
        ), follow_ups as (
            delete from busjobs.follow_up f using gone g where f.follows = g.id
        )
        select kind, (count(*) filter (where state = 4))::int, count(*)::int, null::uuid from gone group by kind
        union all
        select null, 0, 0, (select id from page order by id desc limit 1)
        """;

    private const string RemoveHistory =
        """
        with fires as (
            delete from busjobs.fire where (schedule_id, nominal_at) in (
                select schedule_id, nominal_at from busjobs.fire where fired_at < $1 order by fired_at limit $2) returning 1
        ), runs as (
            delete from busjobs.service_run where id in (select id from busjobs.service_run where started_at < $1 order by started_at limit $2) returning 1
        )
        select ((select count(*) from fires) + (select count(*) from runs))::int
        """;

    // Ids rise with time, so the oldest are looked at and no others, however few of them are too old.
    private const string RemoveAudit =
        "delete from busjobs.audit where id in (select id from (select id, at from busjobs.audit order by id limit $2) oldest where at < $1)";

    public async Task<RemovalReport> RemoveJobsAsync(
        IReadOnlyCollection<RetentionRule> rules, Guid after, Guid upTo, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (removed, last, tally) = (0, (Guid?)null, new Tally());
        await using (var remove = Statement(connection, RemoveJobs, Of(after), Of(upTo), Of(limit),
            Array(rules.Select(rule => (short)rule.State), NpgsqlDbType.Smallint),
            Array(rules.Select(rule => rule.Kind), NpgsqlDbType.Text),
            Array(rules.Select(rule => rule.Before.ToUniversalTime()), NpgsqlDbType.TimestampTz)))
        await using (var reader = await remove.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                if (reader.IsDBNull(0))
                {
                    last = reader.IsDBNull(3) ? null : reader.GetGuid(3);
                    continue;
                }

                tally.Of(reader.GetString(0)).Dead -= reader.GetInt32(1);
                removed += reader.GetInt32(2);
            }
        }

        await CountAsync(connection, tally, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new RemovalReport(removed, last);
    }

    public async Task<int> RemoveHistoryAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await using var remove = Statement(RemoveHistory, Now(before), Of(limit));
        return (int)(await remove.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<int> RemoveAuditAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await using var remove = Statement(RemoveAudit, Now(before), Of(limit));
        return await remove.ExecuteNonQueryAsync(cancellationToken);
    }
}
