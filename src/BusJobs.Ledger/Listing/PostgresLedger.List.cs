using BusJobs.Ledger.Listing;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // Only columns of the two indexes, which hold all there is to know.
    private const string CountWaiting =
        """
        select count(*), min(run_at) from (
            (select run_at from busjobs.job where stage = 1 and state <> 2 and line = 0 and queue = $1 order by queue, lane, priority, run_at, id limit $2)
            union all
            (select run_at from busjobs.job where stage = 1 and state <> 2 and line > 0 and queue = $1 order by queue, lane, priority, run_at, id limit $2)) ready
        """;

    public async Task<JobPage> ListAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        return await context.ListJobsAsync(filter, after, limit, cancellationToken);
    }

    public async Task<IReadOnlyDictionary<Guid, string>> PayloadsAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        return await context.ReadPayloadsAsync(jobIds, cancellationToken);
    }

    public async Task<ReadyDepth> DepthAsync(string queue, int atMost, CancellationToken cancellationToken)
    {
        await using var count = Statement(CountWaiting, Of(queue), Of(atMost));
        await using var row = await count.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new ReadyDepth((int)Math.Min(row.GetInt64(0), atMost), Time(row, 1));
    }

    public async Task<IReadOnlyList<KindCounts>> KindsAsync(CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        return await context.CountKindsAsync(cancellationToken);
    }
}
