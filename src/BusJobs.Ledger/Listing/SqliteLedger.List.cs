using BusJobs.Ledger.Listing;
using BusJobs.Ledger.Model;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    public Task<JobPage> ListAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken) =>
        AskAsync(context => context.ListJobsAsync(filter, after, limit, cancellationToken), cancellationToken);

    public Task<ReadyDepth> DepthAsync(string queue, int atMost, CancellationToken cancellationToken) =>
        AskAsync(context => context.DepthOfAsync(queue, atMost, cancellationToken), cancellationToken);

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
