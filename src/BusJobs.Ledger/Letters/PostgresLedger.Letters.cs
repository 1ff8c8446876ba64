using BusJobs.Ledger.Letters;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger : IDeadLetters
{
    // The limit stands inside, so that a tenant with few of many dead jobs costs no more than one with all of them.
    private const string NewestDead =
        """
        select id, kind, queue, tenant, finished_at from (
            select * from busjobs.job where stage = 4 order by finished_at desc, id desc limit $2) newest
        where $1::text is null or tenant = $1
        order by finished_at desc, id desc
        """;

    // To find the end of two thousand characters takes longer than to send them, so a text that is short enough anyway is not looked through.
    private const string Standings =
        "select id, state, case when octet_length(reason) <= 2000 then reason else left(reason, 2000) end from busjobs.job where id = any($1)";

    public async Task<IReadOnlyList<DeadJob>> NewestAsync(string? tenant, int limit, CancellationToken cancellationToken)
    {
        await using var select = Statement(NewestDead, Of(tenant, NpgsqlDbType.Text), Of(limit));
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var dead = new List<DeadJob>();
        while (await row.ReadAsync(cancellationToken))
        {
            dead.Add(new DeadJob(
                row.GetGuid(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetFieldValue<DateTimeOffset>(4)));
        }

        return dead;
    }

    public async Task<bool> AmendAsync(Guid jobId, string payload, CancellationToken cancellationToken)
    {
        PayloadJson.Check(payload);
        await using var amend = Statement("update busjobs.job set payload = $2 where id = $1 and state = 4", Of(jobId), Of(payload));
        return await amend.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task<IReadOnlyList<JobStanding>> StandingsAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        await using var select = Statement(Standings, Array(jobIds, NpgsqlDbType.Uuid));
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<JobStanding>();
        while (await row.ReadAsync(cancellationToken))
        {
            jobs.Add(new JobStanding(row.GetGuid(0), (LedgerState)row.GetInt16(1), row.IsDBNull(2) ? null : row.GetString(2)));
        }

        return jobs;
    }

    public async Task<Guid?> DispatchOfAsync(Guid jobId, CancellationToken cancellationToken)
    {
        await using var select = Statement("select id from busjobs.dispatch where $1 = any(jobs) order by sequence desc limit 1", Of(jobId));
        return (Guid?)await select.ExecuteScalarAsync(cancellationToken);
    }
}
