using BusJobs.Ledger.Schedules;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger : IScheduleStore
{
    private const string ScheduleColumns = "id, rule_kind, definition, source, declared, paused, next_at, last_at, missed, version";

    private const string InsertSchedule =
        $"""
        insert into busjobs.schedule ({ScheduleColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10 + 1)
        on conflict (id) do nothing
        """;

    private const string UpdateSchedule =
        """
        update busjobs.schedule set rule_kind = $2, definition = $3, source = $4, declared = $5, paused = $6, next_at = $7, last_at = $8, missed = $9,
               version = version + 1
        where id = $1 and version = $10
        """;

    private const string LiveJobs =
        """
        select j.id
        from (select job_id from busjobs.fire where schedule_id = $1 and nominal_at < $2 order by nominal_at desc limit 100) f
        join busjobs.job j on j.id = f.job_id
        where j.state in (0, 1, 2)
        """;

    private const string LatestFires =
        """
        select schedule_id, nominal_at, fired_at, job_id, outcome from busjobs.fire
        where schedule_id = $1 and nominal_at < coalesce($2, 'infinity') order by nominal_at desc limit $3
        """;

    public Task<IReadOnlyList<ScheduleRow>> DueAsync(
        IReadOnlyCollection<short> ruleKinds, DateTimeOffset now, int limit, CancellationToken cancellationToken) => SchedulesAsync(
        Statement(
            $"select {ScheduleColumns} from busjobs.schedule where not paused and next_at <= $1 and rule_kind = any($2) order by next_at, id limit $3",
            Now(now), Array(ruleKinds, NpgsqlDbType.Smallint), Of(limit)),
        cancellationToken);

    public async Task<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<short> ruleKinds, CancellationToken cancellationToken)
    {
        await using var select = Statement(
            "select min(next_at) from busjobs.schedule where not paused and next_at is not null and rule_kind = any($1)", Array(ruleKinds, NpgsqlDbType.Smallint));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return Time(reader, 0);
    }

    public Task<IReadOnlyList<ScheduleRow>> SchedulesAsync(string? after, int limit, CancellationToken cancellationToken) => SchedulesAsync(
        Statement($"select {ScheduleColumns} from busjobs.schedule where id > $1 order by id limit $2", Of(after ?? ""), Of(limit)), cancellationToken);

    public async Task<ScheduleRow?> FindScheduleAsync(string id, CancellationToken cancellationToken) =>
        (await SchedulesAsync(Statement($"select {ScheduleColumns} from busjobs.schedule where id = $1", Of(id)), cancellationToken)).SingleOrDefault();

    public async Task<bool> SaveScheduleAsync(ScheduleRow schedule, CancellationToken cancellationToken)
    {
        await using var save = Statement(schedule.Version == 0 ? InsertSchedule : UpdateSchedule,
            Of(schedule.Id), Of(schedule.RuleKind), Of(schedule.Definition), Of(schedule.Source, NpgsqlDbType.Text), Of(schedule.Declared, NpgsqlDbType.Text),
            Of(schedule.Paused), Now(schedule.NextAt), Now(schedule.LastAt), Of(schedule.Missed), Of(schedule.Version));
        return await save.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task<bool> RemoveScheduleAsync(string id, int? version, CancellationToken cancellationToken)
    {
        await using var remove = Statement("delete from busjobs.schedule where id = $1 and version = coalesce($2, version)", Of(id), Of(version, NpgsqlDbType.Integer));
        return await remove.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task<IReadOnlyList<FireRecord>> FiresAsync(string scheduleId, DateTimeOffset? before, int limit, CancellationToken cancellationToken)
    {
        await using var select = Statement(LatestFires, Of(scheduleId), Now(before), Of(limit));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var fires = new List<FireRecord>();
        while (await reader.ReadAsync(cancellationToken))
        {
            fires.Add(new FireRecord(reader.GetString(0), Time(reader, 1)!.Value, Time(reader, 2)!.Value, reader.GetGuid(3), (FireOutcome)reader.GetInt16(4)));
        }

        return fires;
    }

    public async Task<IReadOnlyList<Guid>> LiveJobsAsync(string scheduleId, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var select = Statement(LiveJobs, Of(scheduleId), Now(before));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(reader.GetGuid(0));
        }

        return jobs;
    }

    private static async Task<IReadOnlyList<ScheduleRow>> SchedulesAsync(NpgsqlCommand select, CancellationToken cancellationToken)
    {
        await using var disposing = select;
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var schedules = new List<ScheduleRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            schedules.Add(new ScheduleRow
            {
                Id = reader.GetString(0),
                RuleKind = reader.GetInt16(1),
                Definition = reader.GetString(2),
                Source = reader.IsDBNull(3) ? null : reader.GetString(3),
                Declared = reader.IsDBNull(4) ? null : reader.GetString(4),
                Paused = reader.GetBoolean(5),
                NextAt = Time(reader, 6),
                LastAt = Time(reader, 7),
                Missed = reader.GetInt64(8),
                Version = reader.GetInt32(9),
            });
        }

        return schedules;
    }
}
