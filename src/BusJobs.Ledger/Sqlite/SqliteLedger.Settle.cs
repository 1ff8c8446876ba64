using System.Globalization;
using BusJobs.Wire;

namespace BusJobs.Ledger.Sqlite;

public sealed partial class SqliteLedger
{
    private const string Unsettled =
        """
        select job.id
        from busjobs_dispatch dispatch cross join json_each(dispatch.jobs) place cross join busjobs_job job on job.id = place.value
        where dispatch.id = @dispatch and job.state = 2 and job.fence = dispatch.fences ->> place.key
        """;

    /// <summary>
    /// Messages of one dispatch may be settled out of order. A dispatch that is said to be done while an earlier message is
    /// still on its way stays open, so that a crash between the two leaves no job that nobody would ever reclaim.
    /// </summary>
    internal const string CloseSql = $"delete from busjobs_dispatch where id = @dispatch and not exists ({Unsettled})";

    private const string ReturnSql =
        $"""
        update busjobs_job set reason = @reason,
            state = case when cancel_requested then 5 when @delay > 0 then 0 else 1 end,
            run_at = case when @delay > 0 then @now + @delay else run_at end,
            finished_at = case when cancel_requested then @now end
        where id in ({Unsettled}) returning kind, state
        """;

    private const string ReclaimSql =
        $"""
        update busjobs_job set crashes = crashes + @crashed, progress = null, progress_note = null,
            state = case when cancel_requested then 5 when @crashed and crashes + 1 >= @max then 4 else 1 end,
            finished_at = case when cancel_requested or (@crashed and crashes + 1 >= @max) then @now end,
            reason = case when @crashed and not cancel_requested and crashes + 1 >= @max then @loop when @crashed then @crash else reason end
        where id in ({Unsettled}) returning kind, state, id, queue, attempt, fence, reason, payload
        """;

    private const string Crash = "its worker crashed";

    private static readonly string CrashLoop = $"crash-loop: {Crash} {Limits.MaxCrashes} times";

    public async Task<SettleReport> SettleAsync(IReadOnlyCollection<Settled> batch, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var report = await writer.WriteAsync(
            session =>
            {
                var at = Ms(now);
                var settling = new SqliteSettling(session, at, followUp => Insert(session.Prepare(InsertSql), followUp, at));
                foreach (var settled in batch)
                {
                    settling.Apply(settled);
                }

                return settling.Finish();
            },
            cancellationToken);
        return Woken(report, report.MoreReady);
    }

    public async Task<int> ReturnAsync(
        IReadOnlyCollection<Guid> dispatchIds, string reason, TimeSpan delay, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var returned = await writer.WriteAsync(
            session =>
            {
                var tally = new SqliteTally();
                var count = dispatchIds.Sum(dispatch => Return(session, dispatch, reason, Ms(delay), Ms(now), tally));
                tally.Write(session);
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
                var tally = new SqliteTally();
                var jobs = dispatchIds.SelectMany(dispatch => Reclaim(session, dispatch, crashed, Ms(now), tally)).ToList();
                tally.Write(session);
                return new ReclaimReport(
                    jobs.Count(job => job.State == LedgerState.Ready),
                    jobs.Count(job => job.State == LedgerState.Cancelled),
                    jobs.Where(job => job.State == LedgerState.Dead).Select(job => job.Copy).ToList());
            },
            cancellationToken);
        return Woken(report, report.Ready > 0);
    }

    private static int Return(SqliteSession session, Guid dispatch, string reason, long delay, long now, SqliteTally tally)
    {
        var returned = 0;
        using (var row = session.Query(
            ReturnSql, ("@dispatch", dispatch.ToString()), ("@reason", reason), ("@delay", delay), ("@now", now)))
        {
            while (row.Read())
            {
                var cancelled = row.GetInt32(1) == (int)LedgerState.Cancelled;
                tally.Of(row.GetString(0)).Cancelled += cancelled ? 1 : 0;
                returned += cancelled ? 0 : 1;
            }
        }

        session.Run(CloseSql, ("@dispatch", dispatch.ToString()));
        return returned;
    }

    private static List<(LedgerState State, DeadLetter Copy)> Reclaim(SqliteSession session, Guid dispatch, bool crashed, long now, SqliteTally tally)
    {
        var jobs = new List<(LedgerState State, DeadLetter Copy)>();
        using (var row = session.Query(
            ReclaimSql,
            ("@dispatch", dispatch.ToString()), ("@crashed", crashed), ("@max", Limits.MaxCrashes), ("@now", now), ("@loop", CrashLoop), ("@crash", Crash)))
        {
            while (row.Read())
            {
                var copy = new DeadLetter
                {
                    Kind = row.GetString(0),
                    JobId = Guid.Parse(row.GetString(2), CultureInfo.InvariantCulture),
                    Queue = row.GetString(3),
                    Attempts = row.GetInt32(4),
                    Reason = row.IsDBNull(6) ? "" : row.GetString(6),
                    Payload = row.GetString(7),
                };
                var state = (LedgerState)row.GetInt32(1);
                jobs.Add((state, copy));
                Count(tally.Of(copy.Kind), state);
                if (crashed)
                {
                    SqliteTally.Remember(session, copy.JobId, new AttemptRecord(
                        row.GetInt32(5), copy.Attempts + 1, Ending.Released, "unknown", Time(now), TimeSpan.Zero, Crash));
                }
            }
        }

        session.Run(CloseSql, ("@dispatch", dispatch.ToString()));
        return jobs;
    }

    private static void Count(SqliteTally.Counts counts, LedgerState state)
    {
        counts.Cancelled += state == LedgerState.Cancelled ? 1 : 0;
        counts.Dead += state == LedgerState.Dead ? 1 : 0;
        counts.Reclaimed += state == LedgerState.Ready ? 1 : 0;
    }
}
