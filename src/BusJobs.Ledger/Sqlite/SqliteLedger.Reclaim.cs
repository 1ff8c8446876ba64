namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string Unsettled =
        """
        select job.id
        from busjobs_dispatch dispatch cross join json_each(dispatch.jobs) place cross join busjobs_job job on job.id = place.value
        where dispatch.id = @dispatch and job.state = 2 and job.fence = dispatch.fences ->> place.key
        """;

    private const string CloseSql =
        $"""
        delete from busjobs_dispatch
        where id = @dispatch and (@last or count = 0) and ((count > 0 and @words >= count) or not exists ({Unsettled}))
        """;

    private const string KeepOvertakenSql = "update busjobs_dispatch set count = 0 where id = @dispatch and count > 0";

    private const string ForgetSql = "delete from busjobs_dispatch where id = @dispatch";

    private const string ReturnSql =
        $"""
        update busjobs_job set reason = @reason,
            state = case when cancel_requested then 5 when @delay > 0 then 0 else 1 end,
            run_at = case when @delay > 0 then @now + @delay else run_at end,
            finished_at = case when cancel_requested then @now end
        where id in ({Unsettled}) returning kind, state
        """;

    // In the expressions, crashes and attempt are what they were before.
    private const string ReclaimSql =
        $"""
        update busjobs_job set progress = null, progress_note = null,
            state = case when cancel_requested then 5 when @crashed and crashes + 1 >= @max then 4 else 1 end,
            crashes = crashes + @crashed,
            attempt = attempt + (not cancel_requested and @crashed and crashes + 1 >= @max),
            finished_at = case when cancel_requested or (@crashed and crashes + 1 >= @max) then @now end,
            reason = case when not cancel_requested and @crashed and crashes + 1 >= @max then @loop end
        where id in ({Unsettled}) returning id, kind, queue, state, attempt, case when state = 4 then payload end, reason, fence
        """;

    public async Task<int> ReturnAsync(
        IReadOnlyCollection<Guid> dispatchIds, string reason, TimeSpan delay, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var returned = await writer.WriteAsync(
            session =>
            {
                var tally = new Tally();
                var count = dispatchIds.Sum(dispatch => Return(session, dispatch, reason, Ms(delay), Ms(now), tally));
                Count(session, tally);
                return count;
            },
            cancellationToken);
        return Woken(returned, returned > 0 && delay <= TimeSpan.Zero);
    }

    public async Task<ReclaimReport> ReclaimAsync(
        IReadOnlyCollection<Guid> dispatchIds, bool crashed, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var report = await writer.WriteAsync(
            session =>
            {
                var tally = new Tally();
                var jobs = dispatchIds.SelectMany(dispatch => Reclaim(session, dispatch, crashed, Ms(now), tally)).ToList();
                Count(session, tally);
                return new ReclaimReport(
                    jobs.Count(job => job.State == LedgerState.Ready),
                    jobs.Count(job => job.State == LedgerState.Cancelled),
                    Settling.DeadLettersOf(jobs));
            },
            cancellationToken);
        return Woken(report, report.Ready > 0);
    }

    private static int Return(SqliteSession session, Guid dispatch, string reason, long delay, long now, Tally tally)
    {
        var returned = 0;
        using (var row = session.Query(
            ReturnSql, ("@dispatch", dispatch.ToString()), ("@reason", reason), ("@delay", delay), ("@now", now)))
        {
            while (row.Read())
            {
                var state = (LedgerState)row.GetInt32(1);
                tally.Note(row.GetString(0), state, Ending.Released);
                returned += state == LedgerState.Cancelled ? 0 : 1;
            }
        }

        session.Run(ForgetSql, ("@dispatch", dispatch.ToString()));
        return returned;
    }

    private static List<Ended> Reclaim(SqliteSession session, Guid dispatch, bool crashed, long now, Tally tally)
    {
        var jobs = new List<Ended>();
        using (var row = session.Query(
            ReclaimSql,
            ("@dispatch", dispatch.ToString()), ("@crashed", crashed), ("@max", Limits.MaxCrashes), ("@now", now), ("@loop", CrashLoop.Reason)))
        {
            while (row.Read())
            {
                var job = new Ended(
                    Id(row.GetString(0)), row.GetString(1), row.GetString(2), (LedgerState)row.GetInt32(3), row.GetInt32(4),
                    Text(row, 5), Text(row, 6), Ending.Released);
                jobs.Add(job);
                Note(session, job, crashed ? row.GetInt32(7) : null, now, tally);
            }
        }

        session.Run(ForgetSql, ("@dispatch", dispatch.ToString()));
        return jobs;
    }

    /// <param name="fence">Of the attempt that its worker took down with it; null when no worker crashed.</param>
    private static void Note(SqliteSession session, Ended job, int? fence, long now, Tally tally)
    {
        tally.Note(job.Kind, job.State, job.Ending);
        tally.Of(job.Kind).Reclaimed += job.State == LedgerState.Ready ? 1 : 0;
        if (fence is { } crash)
        {
            var number = job.State == LedgerState.Dead ? job.Attempt : job.Attempt + 1;
            Remember(session, new Settlement(job.Id, crash, Ending.Released) { Reason = "its worker crashed" }, number, "unknown", now);
        }
    }

    private static void Close(SqliteSession session, Touched dispatch)
    {
        var id = dispatch.Id.ToString();
        if (session.Run(CloseSql, ("@dispatch", id), ("@last", dispatch.Last), ("@words", dispatch.Words)) == 0 && dispatch.Last)
        {
            session.Run(KeepOvertakenSql, ("@dispatch", id));
        }
    }
}
