using BusJobs.Ledger.Listing;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    public async Task<JobPage> ListAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        return await context.ListJobsAsync(filter, after, limit, cancellationToken);
    }

    public async Task<ReadyDepth> DepthAsync(string queue, int atMost, CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        return await context.DepthOfAsync(queue, atMost, cancellationToken);
    }

    public async Task<IReadOnlyList<KindCounts>> KindsAsync(CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        return await context.CountKindsAsync(cancellationToken);
    }
}
