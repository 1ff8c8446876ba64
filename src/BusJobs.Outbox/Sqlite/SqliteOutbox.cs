using System.Text.Json;
using BusJobs.Outbox.Model;
using Microsoft.Data.Sqlite;

namespace BusJobs.Outbox.Sqlite;

/// <summary>The outbox in a producer's SQLite file. A statement has the file's write lock to itself, so relays take turns.</summary>
internal sealed class SqliteOutbox(string connectionString, OutboxName name, TimeProvider clock) : IOutboxTable
{
    /// <summary>How soon a commit is seen. Asking costs some ten microseconds.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly string claim =
        $"""
        update {name.Table} set due_at = @now + @lease, tries = tries + 1
        where position in (select position from {name.Table} where due_at <= @now order by due_at, position limit @limit)
        returning position, job, tries, @now - added_at
        """;

    private readonly string nextDue = $"select min(due_at) - @now from {name.Table}";
    private readonly string delete = $"delete from {name.Table} where position in (select value from json_each(@positions))";

    private readonly string putBack =
        $"""
        update {name.Table} set due_at = @now + u.delay, reason = coalesce(u.reason, {name.Table}.reason)
        from (select value ->> 'Position' as position, value ->> 'DelayMs' as delay, value ->> 'Reason' as reason from json_each(@rows)) u
        where {name.Table}.position = u.position
        """;

    private readonly string measure =
        $"""
        select (select count(*) from (select 1 from {name.Table} limit {OutboxBacklog.Most})),
               (select @now - added_at from {name.Table} order by position limit 1)
        """;

    private SqliteConnection? glancing;
    private long version;

    /// <summary>The file's version tells, with nothing to make.</summary>
    public Task<bool> PrepareAsync(CancellationToken cancellationToken) => Task.FromResult(true);

    public async Task<IReadOnlyList<OutboxEntry>> ClaimAsync(int limit, TimeSpan lease, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        // Looked at before the claim: what commits after it changes the version once more.
        version = await VersionAsync(cancellationToken);
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, claim, ("@now", Ms(now)), ("@lease", Ms(lease)), ("@limit", limit));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<OutboxEntry>();
        while (await rows.ReadAsync(cancellationToken))
        {
            entries.Add(new OutboxEntry(rows.GetInt64(0), rows.GetString(1), rows.GetInt32(2), TimeSpan.FromMilliseconds(rows.GetInt64(3))));
        }

        // RETURNING gives its rows in no particular order.
        entries.Sort((a, b) => a.Position.CompareTo(b.Position));
        return entries;
    }

    public async Task<TimeSpan?> NextDueAsync(DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, nextDue, ("@now", Ms(now)));
        return await command.ExecuteScalarAsync(cancellationToken) is long ms ? TimeSpan.FromMilliseconds(ms) : null;
    }

    public Task DeleteAsync(IReadOnlyCollection<long> positions, CancellationToken cancellationToken) =>
        ExecuteAsync(delete, [("@positions", JsonSerializer.Serialize(positions))], cancellationToken);

    public Task PutBackAsync(IReadOnlyCollection<PutBack> rows, DateTimeOffset? now, CancellationToken cancellationToken) => ExecuteAsync(
        putBack,
        [("@now", Ms(now)), ("@rows", JsonSerializer.Serialize(rows.Select(row => new { row.Position, DelayMs = Ms(row.Delay), row.Reason })))],
        cancellationToken);

    public async Task<OutboxBacklog> MeasureAsync(DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, measure, ("@now", Ms(now)));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new OutboxBacklog(row.GetInt32(0), await row.IsDBNullAsync(1, cancellationToken) ? TimeSpan.Zero : TimeSpan.FromMilliseconds(row.GetInt64(1)));
    }

    /// <summary>Every commit of another connection, in whichever process, changes the version that this one sees.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        while (clock.GetElapsedTime(begun) is var waited && waited < atMost && version == await VersionAsync(cancellationToken))
        {
            await Task.Delay(atMost - waited < Glance ? atMost - waited : Glance, clock, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (glancing is not null)
        {
            await glancing.DisposeAsync();
        }
    }

    private async Task<long> VersionAsync(CancellationToken cancellationToken)
    {
        glancing ??= await OpenAsync(cancellationToken);
        await using var command = Command(glancing, "pragma data_version");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<SqliteConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private async Task ExecuteAsync(string sql, (string Name, object Value)[] values, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, sql, values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = new SqliteCommand(sql, connection);
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }

    private long Ms(DateTimeOffset? now) => (now ?? clock.GetUtcNow()).ToUnixTimeMilliseconds();

    private static long Ms(TimeSpan delay) => (long)delay.TotalMilliseconds;
}
