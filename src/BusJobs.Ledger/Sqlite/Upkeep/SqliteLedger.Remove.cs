using BusJobs.Ledger.Upkeep;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string RemovalPageSql =
        "select id, kind, state, finished_at from busjobs_job where id > @after and id <= @up_to order by id limit @limit";

    private const string RemoveFiresSql =
        """
        delete from busjobs_fire where (schedule_id, nominal_at) in (
            select schedule_id, nominal_at from busjobs_fire where fired_at < @before order by fired_at limit @limit)
        """;

    // Ids rise with time, so the oldest are looked at and no others, however few of them are too old.
    private const string RemoveAuditSql =
        "delete from busjobs_audit where id in (select id from (select id, at from busjobs_audit order by id limit @limit) where at < @before)";

    private const string RemoveRunsSql =
        "delete from busjobs_service_run where id in (select id from busjobs_service_run where started_at < @before order by started_at limit @limit)";

    public Task<RemovalReport> RemoveJobsAsync(
        IReadOnlyCollection<RetentionRule> rules, Guid after, Guid upTo, int limit, CancellationToken cancellationToken) => writer.WriteAsync(
        session =>
        {
            var (last, doomed, tally) = (default(string), new List<string>(), new Tally());
            using (var row = session.Query(RemovalPageSql, ("@after", after.ToString()), ("@up_to", upTo.ToString()), ("@limit", limit)))
            {
                while (row.Read())
                {
                    last = row.GetString(0);
                    var (kind, state) = (row.GetString(1), (LedgerState)row.GetInt32(2));
                    if (Time(row, 3) < Before(rules, state, kind))
                    {
                        doomed.Add(last);
                        tally.Of(kind).Dead -= state == LedgerState.Dead ? 1 : 0;
                    }
                }
            }

            foreach (var id in doomed)
            {
                session.Run("delete from busjobs_job where id = @id", ("@id", id));
                session.Run("delete from busjobs_attempt where job_id = @id", ("@id", id));
                session.Run("delete from busjobs_follow_up where follows = @id", ("@id", id));
            }

            Count(session, tally);
            return new RemovalReport(doomed.Count, last is null ? null : Id(last));
        },
        cancellationToken);

    public Task<int> RemoveHistoryAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(RemoveFiresSql, ("@before", Ms(before)), ("@limit", limit)) + session.Run(RemoveRunsSql, ("@before", Ms(before)), ("@limit", limit)),
        cancellationToken);

    public Task<int> RemoveAuditAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(RemoveAuditSql, ("@before", Ms(before)), ("@limit", limit)), cancellationToken);

    /// <summary>The rule of the kind comes before that of all kinds. A job that has not ended has no finish, and none is before null.</summary>
    private static DateTimeOffset? Before(IEnumerable<RetentionRule> rules, LedgerState state, string kind) =>
        rules.Where(rule => rule.State == state && (rule.Kind is null || rule.Kind == kind)).MaxBy(rule => rule.Kind is not null)?.Before;
}
