using System.Globalization;
using BusJobs.Ledger.Model;
using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string CountsSql =
        """
        select
            (select count(*) from busjobs_job where state = 0 and not waits_for_key) + (select count(*) from busjobs_job where state = 0 and waits_for_key),
            (select count(*) from busjobs_job where state = 1 and line = 0) + (select count(*) from busjobs_job where state = 1 and line = 1)
                + (select count(*) from busjobs_job where behind is not null and state <= 1 and state = 1),
            -- Those in flight have no index of their own; the open dispatches name them.
            (select count(*) from busjobs_dispatch dispatch cross join json_each(dispatch.jobs) place cross join busjobs_job job on job.id = place.value
             where job.state = 2 and job.fence = dispatch.fences ->> place.key),
            coalesce(sum(dead), 0), coalesce(sum(succeeded), 0), coalesce(sum(cancelled), 0), coalesce(sum(expired), 0),
            coalesce(sum(retried), 0), coalesce(sum(stale), 0), coalesce(sum(reclaimed), 0)
        from busjobs_tally
        """;

    public Task<LedgerCounts> CountsAsync(CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            using var row = session.Query(CountsSql);
            row.Read();
            return row.ReadCounts();
        },
        cancellationToken);

    public Task<IReadOnlyList<Guid>> CancelRequestedAsync(int limit, CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<Guid>>(
        session =>
        {
            var jobs = new List<Guid>();
            using var row = session.Query(
                "select id from busjobs_job where cancel_requested and state = 2 order by id limit @limit", ("@limit", limit));
            while (row.Read())
            {
                jobs.Add(Id(row.GetString(0)));
            }

            return jobs;
        },
        cancellationToken);

    public Task<JobRecord?> FindAsync(Guid jobId, CancellationToken cancellationToken) =>
        AskAsync(context => context.FindJobAsync(jobId, cancellationToken), cancellationToken);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Guid Id(string text) => Guid.Parse(text, CultureInfo.InvariantCulture);
}
