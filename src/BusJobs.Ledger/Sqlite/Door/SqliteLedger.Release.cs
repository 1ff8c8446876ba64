namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string ReleaseSql =
        """
        update busjobs_job set waits_for_key = 0, state = case when run_at > @now then 0 else 1 end
        where rowid in (
            select w.rowid from busjobs_job w
            where w.waits_for_key and w.state = 0 and not exists (
                select 1 from busjobs_job j where j.kind = w.kind and j.unique_key = w.unique_key and j.key_generation = w.key_generation
                    and j.unique_key is not null and not j.waits_for_key and j.state in (0, 1, 2))
            limit @limit)
        """;

    private const string WaitingSql = "select exists (select 1 from busjobs_job where waits_for_key and state = 0)";

    private const string ExpireSql =
        """
        update busjobs_job set state = 6, finished_at = @now, reason = 'not started in time'
        where rowid in (select rowid from busjobs_job where expires_at <= @now and state in (0, 1) order by expires_at limit @limit)
        returning kind
        """;

    private const string ForgetHeldSql =
        """
        delete from busjobs_held_key where (scope, key) in (
            select scope, key from busjobs_held_key where expires_at <= @now order by expires_at limit @limit)
        """;

    private const string ForgetMinutesSql =
        """
        delete from busjobs_door_minute where (kind, tenant) in (
            select kind, tenant from busjobs_door_minute where until <= @now order by until limit @limit)
        """;

    /// <summary>Looks on the reading connection first, so that nothing is written while nobody waits.</summary>
    public async Task<ReleaseReport> ReleaseAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var isWaiting = await reader.ReadAsync(
            session =>
            {
                using var row = session.Query(WaitingSql);
                row.Read();
                return row.GetBoolean(0);
            },
            cancellationToken);
        var released = isWaiting
            ? await writer.WriteAsync(session => session.Run(ReleaseSql, ("@now", Ms(now)), ("@limit", limit)), cancellationToken)
            : 0;
        return Woken(new ReleaseReport(released, isWaiting), released > 0);
    }

    public Task<int> SweepAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken) => writer.WriteAsync(
        session =>
        {
            var tally = new Tally();
            var expired = 0;
            using (var row = session.Query(ExpireSql, ("@now", Ms(now)), ("@limit", limit)))
            {
                while (row.Read())
                {
                    tally.Of(row.GetString(0)).Expired++;
                    expired++;
                }
            }

            Count(session, tally);
            var held = session.Run(ForgetHeldSql, ("@now", Ms(now)), ("@limit", limit));
            var minutes = session.Run(ForgetMinutesSql, ("@now", Ms(now)), ("@limit", limit));
            return Math.Max(expired, Math.Max(held, minutes));
        },
        cancellationToken);
}
