using BusJobs.Ledger.Model;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // Live rows are counted over their partial indexes; endings come from the tally, so history is never scanned.
    private const string CountLive =
        """
        select (select count(*) from busjobs.job where stage = 0 and not waits_for_key) + (select count(*) from busjobs.job where stage = 0 and waits_for_key),
               (select count(*) from busjobs.job where stage = 1 and state <> 2 and line = 0) + (select count(*) from busjobs.job where stage = 1 and state <> 2 and line = 1)
                   + (select count(*) from busjobs.job where behind is not null and stage <= 1 and state = 1),
               (select coalesce(sum((
                    select count(*) from unnest(d.jobs, d.fences) as u(id, fence) join busjobs.job j on j.id = u.id and j.fence = u.fence and j.state = 2)), 0)::bigint
                from busjobs.dispatch d),
               t.dead, t.succeeded, t.cancelled, t.expired, t.retried, t.stale, t.reclaimed
        from (select coalesce(sum(dead), 0)::bigint as dead, coalesce(sum(succeeded), 0)::bigint as succeeded,
                     coalesce(sum(cancelled), 0)::bigint as cancelled, coalesce(sum(expired), 0)::bigint as expired, coalesce(sum(retried), 0)::bigint as retried,
                     coalesce(sum(stale), 0)::bigint as stale, coalesce(sum(reclaimed), 0)::bigint as reclaimed
              from busjobs.tally) t
        """;

    public async Task<LedgerCounts> CountsAsync(CancellationToken cancellationToken)
    {
        await using var count = Statement(CountLive);
        await using var reader = await count.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.ReadCounts();
    }

    public async Task<JobRecord?> FindAsync(Guid jobId, CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        return await context.FindJobAsync(jobId, cancellationToken);
    }
}
