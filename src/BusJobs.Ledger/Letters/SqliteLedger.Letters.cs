using System.Text.Json;
using BusJobs.Ledger.Letters;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger : IDeadLetters
{
    private const string NewestDeadSql =
        """
        select id, kind, queue, tenant, finished_at from (
            select * from busjobs_job where state = 4 order by finished_at desc, id desc limit @limit) newest
        where @tenant is null or tenant = @tenant
        order by finished_at desc, id desc
        """;

    private const string DispatchOfSql =
        """
        select d.id from busjobs_dispatch d cross join json_each(d.jobs) place where place.value = @id order by d.sequence desc limit 1
        """;

    public Task<IReadOnlyList<DeadJob>> NewestAsync(string? tenant, int limit, CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<DeadJob>>(
        session =>
        {
            var dead = new List<DeadJob>();
            using var row = session.Query(NewestDeadSql, ("@tenant", tenant), ("@limit", limit));
            while (row.Read())
            {
                dead.Add(new DeadJob(Id(row.GetString(0)), row.GetString(1), row.GetString(2), Text(row, 3), Time(row, 4)!.Value));
            }

            return dead;
        },
        cancellationToken);

    public async Task<bool> AmendAsync(Guid jobId, string payload, CancellationToken cancellationToken)
    {
        PayloadJson.Check(payload);
        return await writer.WriteAsync(
            session => session.Run("update busjobs_job set payload = @payload where id = @id and state = 4", ("@payload", payload), ("@id", jobId.ToString())) > 0,
            cancellationToken);
    }

    public Task<IReadOnlyList<JobStanding>> StandingsAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) =>
        reader.ReadAsync<IReadOnlyList<JobStanding>>(
            session =>
            {
                using var row = session.Query(
                    "select id, state, substr(reason, 1, 2000) from busjobs_job where id in (select value from json_each(@ids))", ("@ids", JsonSerializer.Serialize(jobIds)));
                var jobs = new List<JobStanding>();
                while (row.Read())
                {
                    jobs.Add(new JobStanding(Id(row.GetString(0)), (LedgerState)row.GetInt32(1), Text(row, 2)));
                }

                return jobs;
            },
            cancellationToken);

    public Task<Guid?> DispatchOfAsync(Guid jobId, CancellationToken cancellationToken) => reader.ReadAsync<Guid?>(
        session =>
        {
            using var row = session.Query(DispatchOfSql, ("@id", jobId.ToString()));
            return row.Read() ? Id(row.GetString(0)) : null;
        },
        cancellationToken);
}
