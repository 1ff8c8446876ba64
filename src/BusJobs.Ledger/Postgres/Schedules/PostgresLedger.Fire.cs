using BusJobs.Ledger.Schedules;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // Rows are locked in the order of their ids, so that two schedulers with the same schedules do not wait for each other.
    private const string AdvanceSchedules =
        """
        with locked as (select id from busjobs.schedule where id = any($1) order by id for update)
        update busjobs.schedule s set next_at = a.next_at, last_at = a.last_at, missed = s.missed + a.missed
        from unnest($1, $2, $3, $4, $5, $6) as a(id, version, due_at, next_at, last_at, missed), locked
        where s.id = a.id and locked.id = a.id and s.version = a.version and s.next_at = a.due_at and not s.paused
        returning s.id
        """;

    private const string InsertFires =
        """
        insert into busjobs.fire (schedule_id, nominal_at, fired_at, job_id)
        select schedule_id, nominal_at, $1, job_id from unnest($2, $3, $4) as f(schedule_id, nominal_at, job_id) order by 1, 2
        on conflict do nothing
        returning schedule_id, nominal_at
        """;

    private const string MarkFires =
        """
        update busjobs.fire f set outcome = o.outcome
        from unnest($1, $2, $3) as o(schedule_id, nominal_at, outcome) where f.schedule_id = o.schedule_id and f.nominal_at = o.nominal_at
        """;

    public async Task<FireReport> FireAsync(IReadOnlyCollection<Firing> firings, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var advanced = await AdvanceAsync(connection, FireBatch.Advances(firings), cancellationToken);
        var fires = await InsertFiresAsync(connection, FireBatch.Fires(firings, advanced), now, cancellationToken);
        var answers = await InsertManyAsync([.. fires.Select(fire => fire.Fire.Job)], transaction, cancellationToken);
        var records = fires.Zip(answers, (fire, answer) => FireBatch.Record(fire.Id, fire.Fire, now, answer)).ToList();
        await MarkAsync(connection, records.FindAll(record => record.Outcome != FireOutcome.Enqueued), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new FireReport(advanced.Count, records);
    }

    private static async Task<HashSet<string>> AdvanceAsync(
        NpgsqlConnection connection, List<(string Id, Advance Advance)> advances, CancellationToken cancellationToken)
    {
        var advanced = new HashSet<string>(StringComparer.Ordinal);
        if (advances.Count == 0)
        {
            return advanced;
        }

        await using var advance = Statement(connection, AdvanceSchedules,
            Array(advances.Select(one => one.Id), NpgsqlDbType.Text),
            Array(advances.Select(one => one.Advance.Version), NpgsqlDbType.Integer),
            Array(advances.Select(one => one.Advance.From.ToUniversalTime()), NpgsqlDbType.TimestampTz),
            Array(advances.Select(one => one.Advance.To?.ToUniversalTime()), NpgsqlDbType.TimestampTz),
            Array(advances.Select(one => one.Advance.LastAt.ToUniversalTime()), NpgsqlDbType.TimestampTz),
            Array(advances.Select(one => one.Advance.Missed), NpgsqlDbType.Bigint));
        await using var reader = await advance.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            advanced.Add(reader.GetString(0));
        }

        return advanced;
    }

    /// <returns>Those that the ledger did not know.</returns>
    private static async Task<List<(string Id, Fire Fire)>> InsertFiresAsync(
        NpgsqlConnection connection, List<(string Id, Fire Fire)> fires, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (fires.Count == 0)
        {
            return fires;
        }

        await using var insert = Statement(connection, InsertFires, Now(now),
            Array(fires.Select(fire => fire.Id), NpgsqlDbType.Text),
            Array(fires.Select(fire => fire.Fire.NominalAt.ToUniversalTime()), NpgsqlDbType.TimestampTz),
            Array(fires.Select(fire => fire.Fire.Job.Id), NpgsqlDbType.Uuid));
        await using var reader = await insert.ExecuteReaderAsync(cancellationToken);
        var added = new HashSet<(string, DateTimeOffset)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            added.Add((reader.GetString(0), Time(reader, 1)!.Value));
        }

        return fires.FindAll(fire => added.Remove((fire.Id, fire.Fire.NominalAt)));
    }

    private static async Task MarkAsync(NpgsqlConnection connection, List<FireRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
        {
            return;
        }

        await using var mark = Statement(connection, MarkFires,
            Array(records.Select(record => record.ScheduleId), NpgsqlDbType.Text),
            Array(records.Select(record => record.NominalAt.ToUniversalTime()), NpgsqlDbType.TimestampTz),
            Array(records.Select(record => (short)record.Outcome), NpgsqlDbType.Smallint));
        await mark.ExecuteNonQueryAsync(cancellationToken);
    }
}
