using BusJobs.Ledger.Schedules;
using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger : IScheduleStore
{
    private const string ScheduleColumns = "id, rule_kind, definition, source, declared, paused, next_at, last_at, missed, version";

    private const string InsertScheduleSql =
        $"""
        insert into busjobs_schedule ({ScheduleColumns})
        values (@id, @rule_kind, @definition, @source, @declared, @paused, @next_at, @last_at, @missed, @version + 1)
        on conflict (id) do nothing
        """;

    private const string UpdateScheduleSql =
        """
        update busjobs_schedule set rule_kind = @rule_kind, definition = @definition, source = @source, declared = @declared, paused = @paused,
               next_at = @next_at, last_at = @last_at, missed = @missed, version = version + 1
        where id = @id and version = @version
        """;

    private const string LiveJobsSql =
        """
        select j.id
        from (select job_id from busjobs_fire where schedule_id = @id and nominal_at < @before order by nominal_at desc limit 100) f
        join busjobs_job j on j.id = f.job_id
        where j.state in (0, 1, 2)
        """;

    private const string LatestFiresSql =
        """
        select schedule_id, nominal_at, fired_at, job_id, outcome from busjobs_fire
        where schedule_id = @id and nominal_at < @before order by nominal_at desc limit @limit
        """;

    public Task<IReadOnlyList<ScheduleRow>> DueAsync(
        IReadOnlyCollection<short> ruleKinds, DateTimeOffset now, int limit, CancellationToken cancellationToken) => reader.ReadAsync(
        session => Schedules(session.Query(
            $"""
            select {ScheduleColumns} from busjobs_schedule
            where not paused and next_at is not null and next_at <= @now and rule_kind in (select value from json_each(@kinds))
            order by next_at, id limit @limit
            """,
            ("@now", Ms(now)), ("@kinds", Kinds(ruleKinds)), ("@limit", limit))),
        cancellationToken);

    public Task<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<short> ruleKinds, CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            using var row = session.Query(
                "select min(next_at) from busjobs_schedule where not paused and next_at is not null and rule_kind in (select value from json_each(@kinds))",
                ("@kinds", Kinds(ruleKinds)));
            row.Read();
            return Time(row, 0);
        },
        cancellationToken);

    public Task<IReadOnlyList<ScheduleRow>> SchedulesAsync(string? after, int limit, CancellationToken cancellationToken) => reader.ReadAsync(
        session => Schedules(session.Query(
            $"select {ScheduleColumns} from busjobs_schedule where id > @after order by id limit @limit", ("@after", after ?? ""), ("@limit", limit))),
        cancellationToken);

    public Task<ScheduleRow?> FindScheduleAsync(string id, CancellationToken cancellationToken) => reader.ReadAsync(
        session => Schedules(session.Query($"select {ScheduleColumns} from busjobs_schedule where id = @id", ("@id", id))).SingleOrDefault(),
        cancellationToken);

    public Task<bool> SaveScheduleAsync(ScheduleRow schedule, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(
            schedule.Version == 0 ? InsertScheduleSql : UpdateScheduleSql,
            ("@id", schedule.Id), ("@rule_kind", (int)schedule.RuleKind), ("@definition", schedule.Definition), ("@source", schedule.Source),
            ("@declared", schedule.Declared), ("@paused", schedule.Paused ? 1 : 0), ("@next_at", schedule.NextAt?.ToUnixTimeMilliseconds()),
            ("@last_at", schedule.LastAt?.ToUnixTimeMilliseconds()), ("@missed", schedule.Missed), ("@version", schedule.Version)) > 0,
        cancellationToken);

    public Task<bool> RemoveScheduleAsync(string id, int? version, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run("delete from busjobs_schedule where id = @id and version = coalesce(@version, version)", ("@id", id), ("@version", version)) > 0,
        cancellationToken);

    public Task<IReadOnlyList<FireRecord>> FiresAsync(string scheduleId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        reader.ReadAsync<IReadOnlyList<FireRecord>>(
            session =>
            {
                var fires = new List<FireRecord>();
                using var row = session.Query(
                    LatestFiresSql, ("@id", scheduleId), ("@before", before?.ToUnixTimeMilliseconds() ?? long.MaxValue), ("@limit", limit));
                while (row.Read())
                {
                    fires.Add(new FireRecord(row.GetString(0), Time(row, 1)!.Value, Time(row, 2)!.Value, Id(row.GetString(3)), (FireOutcome)row.GetInt32(4)));
                }

                return fires;
            },
            cancellationToken);

    public Task<IReadOnlyList<Guid>> LiveJobsAsync(string scheduleId, DateTimeOffset before, CancellationToken cancellationToken) =>
        reader.ReadAsync<IReadOnlyList<Guid>>(
            session =>
            {
                var jobs = new List<Guid>();
                using var row = session.Query(LiveJobsSql, ("@id", scheduleId), ("@before", Ms(before)));
                while (row.Read())
                {
                    jobs.Add(Id(row.GetString(0)));
                }

                return jobs;
            },
            cancellationToken);

    private static IReadOnlyList<ScheduleRow> Schedules(SqliteDataReader rows)
    {
        using var row = rows;
        var schedules = new List<ScheduleRow>();
        while (row.Read())
        {
            schedules.Add(new ScheduleRow
            {
                Id = row.GetString(0),
                RuleKind = row.GetInt16(1),
                Definition = row.GetString(2),
                Source = row.IsDBNull(3) ? null : row.GetString(3),
                Declared = row.IsDBNull(4) ? null : row.GetString(4),
                Paused = row.GetInt32(5) != 0,
                NextAt = Time(row, 6),
                LastAt = Time(row, 7),
                Missed = row.GetInt64(8),
                Version = row.GetInt32(9),
            });
        }

        return schedules;
    }

    private static string Kinds(IEnumerable<short> kinds) => $"[{string.Join(',', kinds)}]";
}
