using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string SetPause =
        """
        insert into busjobs.pause as p (scope, name, paused_by, reason, paused_at) values ($1, $2, $3, $4, coalesce($5, now()))
        on conflict (scope, name) do update set paused_by = excluded.paused_by, reason = excluded.reason, paused_at = excluded.paused_at
        """;

    // Who remembers the rules by their stamp reads them again.
    private const string ChangeRules =
        "insert into busjobs.rules (stamp) values (gen_random_uuid()) on conflict (one) do update set stamp = excluded.stamp";

    public Task PauseAsync(PauseScope scope, string name, string by, string? reason, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        Pause.Check(scope, name, by, reason);
        return ChangeRulesAsync(SetPause, [Of((short)scope), Of(name), Of(by), Of(reason, NpgsqlDbType.Text), Now(now)], cancellationToken);
    }

    public async Task<bool> ResumeAsync(PauseScope scope, string name, CancellationToken cancellationToken) =>
        await ChangeRulesAsync("delete from busjobs.pause where scope = $1 and name = $2", [Of((short)scope), Of(name)], cancellationToken) > 0;

    public async Task<IReadOnlyList<Pause>> PausesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await PausesAsync(connection, cancellationToken);
    }

    private static async Task<IReadOnlyList<Pause>> PausesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var select = Statement(connection, "select scope, name, paused_by, reason, paused_at from busjobs.pause order by scope, name");
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var pauses = new List<Pause>();
        while (await reader.ReadAsync(cancellationToken))
        {
            pauses.Add(new Pause(
                (PauseScope)reader.GetInt16(0), reader.GetString(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3),
                await reader.GetFieldValueAsync<DateTimeOffset>(4, cancellationToken)));
        }

        return pauses;
    }

    private Task<int> ChangeRulesAsync(string change, NpgsqlParameter[] values, CancellationToken cancellationToken) => ChangeRulesAsync(
        async connection =>
        {
            await using var statement = Statement(connection, change, values);
            return await statement.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    /// <summary>Changes a rule, lets all coordinators know that the rules are others now, and wakes those that sleep.</summary>
    /// <returns>What the change returned.</returns>
    private async Task<int> ChangeRulesAsync(Func<NpgsqlConnection, Task<int>> change, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // First, since it waits for the claims that go by the rules as they are.
        await using var stamp = Statement(connection, ChangeRules);
        await stamp.ExecuteNonQueryAsync(cancellationToken);
        var changed = await change(connection);
        await NotifyAsync(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return changed;
    }
}
