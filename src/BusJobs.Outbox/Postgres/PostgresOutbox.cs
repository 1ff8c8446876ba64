using BusJobs.Outbox.Model;
using BusJobs.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Outbox.Postgres;

/// <summary>The outbox on PostgreSQL. Connections are like those of the producer's context, from its pool.</summary>
internal sealed class PostgresOutbox : IOutboxTable
{
    private readonly NpgsqlConnection template;
    private readonly WakeUp wakeUp;
    private readonly TimeProvider clock;
    private readonly WakeUpSql wakeUpSql;
    private readonly string claim;
    private readonly string nextDue;
    private readonly string delete;
    private readonly string putBack;
    private readonly string measure;
    private bool wakes;

    public PostgresOutbox(NpgsqlConnection template, OutboxName name, TimeProvider clock)
    {
        (this.template, this.clock) = (template, clock);
        wakeUpSql = new WakeUpSql(name);
        wakeUp = new WakeUp(OpenAsync, OutboxModel.Table, name.Listeners, Guid.CreateVersion7(clock.GetUtcNow()), clock);
        // The rows are found by an array of keys: a join would be planned for the table as it was last analyzed, which may be empty.
        claim = $"""
            update {name.Table} o set due_at = coalesce($1, now()) + $2, tries = tries + 1
            where position = any(array(
                select position from {name.Table} where due_at <= coalesce($1, now()) order by due_at, position limit $3 for update skip locked))
            returning position, job, tries, coalesce($1, now()) - added_at
            """;
        nextDue = $"select min(due_at) - coalesce($1, now()) from {name.Table}";
        delete = $"delete from {name.Table} where position = any($1)";
        putBack = $"""
            update {name.Table} o set due_at = coalesce($1, now()) + u.delay, reason = coalesce(u.reason, o.reason)
            from unnest($2, $3, $4) as u(position, delay, reason) where o.position = u.position
            """;
        measure = $"""
            select (select count(*)::int from (select 1 from {name.Table} limit {OutboxBacklog.Most}) counted),
                   (select coalesce($1, now()) - added_at from {name.Table} order by position limit 1)
            """;
    }

    public async Task<bool> PrepareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        return wakes = await wakeUpSql.EnsureAsync(connection, cancellationToken);
    }

    public async Task<IReadOnlyList<OutboxEntry>> ClaimAsync(int limit, TimeSpan lease, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await wakeUp.NoteClaimAsync(cancellationToken);
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, claim, Now(now), Of(lease, NpgsqlDbType.Interval), Of(limit, NpgsqlDbType.Integer));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<OutboxEntry>();
        while (await rows.ReadAsync(cancellationToken))
        {
            entries.Add(new OutboxEntry(rows.GetInt64(0), rows.GetString(1), rows.GetInt32(2), rows.GetTimeSpan(3)));
        }

        // An UPDATE returns its rows in no particular order.
        entries.Sort((a, b) => a.Position.CompareTo(b.Position));
        return entries;
    }

    public async Task<TimeSpan?> NextDueAsync(DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, nextDue, Now(now));
        return await command.ExecuteScalarAsync(cancellationToken) as TimeSpan?;
    }

    public Task DeleteAsync(IReadOnlyCollection<long> positions, CancellationToken cancellationToken) =>
        ExecuteAsync(delete, [Array(positions, NpgsqlDbType.Bigint)], cancellationToken);

    public Task PutBackAsync(IReadOnlyCollection<PutBack> rows, DateTimeOffset? now, CancellationToken cancellationToken) => ExecuteAsync(
        putBack,
        [
            Now(now),
            Array(rows.Select(row => row.Position), NpgsqlDbType.Bigint),
            Array(rows.Select(row => row.Delay), NpgsqlDbType.Interval),
            Array(rows.Select(row => row.Reason), NpgsqlDbType.Text),
        ],
        cancellationToken);

    public async Task<OutboxBacklog> MeasureAsync(DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, measure, Now(now));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new OutboxBacklog(row.GetInt32(0), await row.IsDBNullAsync(1, cancellationToken) ? TimeSpan.Zero : row.GetTimeSpan(1));
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => wakes
        ? wakeUp.WaitAsync(atMost, async token => await NextDueAsync(now: null, token) <= TimeSpan.Zero, cancellationToken)
        : Task.Delay(atMost, clock, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await wakeUp.DisposeAsync();
        await template.DisposeAsync();
    }

    /// <summary>A clone keeps the password and the data source, which a connection string that was opened once no longer shows.</summary>
    private async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = (NpgsqlConnection)((ICloneable)template).Clone();
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private async Task ExecuteAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, sql, parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static NpgsqlParameter Now(DateTimeOffset? now) => Of(now?.ToUniversalTime(), NpgsqlDbType.TimestampTz);

    private static NpgsqlParameter Of(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static NpgsqlParameter Array<T>(IEnumerable<T> values, NpgsqlDbType element) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | element };
}
