using BusJobs.Ledger.Schedules;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string AdvanceSql =
        """
        update busjobs_schedule set next_at = @to, last_at = @last_at, missed = missed + @missed
        where id = @id and version = @version and next_at = @from and not paused
        """;

    private const string InsertFireSql =
        """
        insert into busjobs_fire (schedule_id, nominal_at, fired_at, job_id) values (@id, @nominal_at, @now, @job)
        on conflict (schedule_id, nominal_at) do nothing
        """;

    private const string MarkFireSql = "update busjobs_fire set outcome = @outcome where schedule_id = @id and nominal_at = @nominal_at";

    public async Task<FireReport> FireAsync(IReadOnlyCollection<Firing> firings, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var report = await writer.WriteAsync(session => Fire(session, firings, now), cancellationToken);
        return Woken(report, report.Enqueued > 0);
    }

    private FireReport Fire(SqliteSession session, IReadOnlyCollection<Firing> firings, DateTimeOffset now)
    {
        var advanced = FireBatch.Advances(firings).Where(one => Advance(session, one.Id, one.Advance)).Select(one => one.Id).ToHashSet(StringComparer.Ordinal);
        var fires = FireBatch.Fires(firings, advanced).FindAll(fire => session.Run(
            InsertFireSql, ("@id", fire.Id), ("@nominal_at", Ms(fire.Fire.NominalAt)), ("@now", Ms(now)), ("@job", fire.Fire.Job.Id.ToString())) > 0);
        var answers = InsertAllowed(session, [.. fires.Select(fire => fire.Fire.Job)], Ms(now: null));
        var records = fires.Zip(answers, (fire, answer) => FireBatch.Record(fire.Id, fire.Fire, now, answer)).ToList();
        foreach (var record in records.Where(record => record.Outcome != FireOutcome.Enqueued))
        {
            session.Run(MarkFireSql, ("@outcome", (int)record.Outcome), ("@id", record.ScheduleId), ("@nominal_at", Ms(record.NominalAt)));
        }

        return new FireReport(advanced.Count, records);
    }

    private static bool Advance(SqliteSession session, string id, Advance advance) => session.Run(
        AdvanceSql,
        ("@to", advance.To?.ToUnixTimeMilliseconds()), ("@last_at", advance.LastAt.ToUnixTimeMilliseconds()), ("@missed", advance.Missed),
        ("@id", id), ("@version", advance.Version), ("@from", advance.From.ToUnixTimeMilliseconds())) > 0;
}
