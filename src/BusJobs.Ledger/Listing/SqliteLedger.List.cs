using BusJobs.Ledger.Listing;
using BusJobs.Ledger.Model;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string CountWaitingSql =
        """
        select count(*), min(run_at) from (
            select * from (select run_at from busjobs_job where state = 1 and line = 0 and queue = @queue order by queue, lane, priority, run_at, id limit @most)
            union all
            select * from (select run_at from busjobs_job where state = 1 and line > 0 and queue = @queue order by queue, lane, priority, run_at, id limit @most))
        """;

    public Task<JobPage> ListAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken) =>
        AskAsync(context => context.ListJobsAsync(filter, after, limit, cancellationToken), cancellationToken);

    public Task<IReadOnlyDictionary<Guid, string>> PayloadsAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) =>
        AskAsync(context => context.ReadPayloadsAsync(jobIds, cancellationToken), cancellationToken);

    public Task<ReadyDepth> DepthAsync(string queue, int atMost, CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            using var row = session.Query(CountWaitingSql, ("@queue", queue), ("@most", atMost));
            row.Read();
            return new ReadyDepth(Math.Min(row.GetInt32(0), atMost), Time(row, 1));
        },
        cancellationToken);

    public async Task<IReadOnlyList<KindCounts>> KindsAsync(CancellationToken cancellationToken) =>
        await AskAsync(context => context.CountKindsAsync(cancellationToken), cancellationToken);

    private Task<T> AskAsync<T>(Func<LedgerContext, Task<T>> question, CancellationToken cancellationToken) => reader.AloneAsync(
        async session =>
        {
            await using var context = new SqliteLedgerContext(ContextOptions(session.Connection));
            return await question(context);
        },
        cancellationToken);
}
