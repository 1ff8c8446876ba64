namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string SetPauseSql =
        """
        insert into busjobs_pause (scope, name, paused_by, reason, paused_at) values (@scope, @name, @by, @reason, @now)
        on conflict (scope, name) do update set paused_by = excluded.paused_by, reason = excluded.reason, paused_at = excluded.paused_at
        """;

    // Who remembers the rules by their stamp reads them again.
    private const string ChangeRulesSql =
        "insert into busjobs_rules (one, stamp) values (1, @stamp) on conflict (one) do update set stamp = excluded.stamp";

    public Task PauseAsync(PauseScope scope, string name, string by, string? reason, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        Pause.Check(scope, name, by, reason);
        return ChangeRulesAsync(
            session => session.Run(SetPauseSql, ("@scope", (int)scope), ("@name", name), ("@by", by), ("@reason", reason), ("@now", Ms(now))),
            cancellationToken);
    }

    public async Task<bool> ResumeAsync(PauseScope scope, string name, CancellationToken cancellationToken) => await ChangeRulesAsync(
        session => session.Run("delete from busjobs_pause where scope = @scope and name = @name", ("@scope", (int)scope), ("@name", name)),
        cancellationToken) > 0;

    public Task<IReadOnlyList<Pause>> PausesAsync(CancellationToken cancellationToken) => reader.ReadAsync(ReadPauses, cancellationToken);

    private static IReadOnlyList<Pause> ReadPauses(SqliteSession session)
    {
        var pauses = new List<Pause>();
        using var row = session.Query("select scope, name, paused_by, reason, paused_at from busjobs_pause order by scope, name");
        while (row.Read())
        {
            pauses.Add(new Pause(
                (PauseScope)row.GetInt32(0), row.GetString(1), row.GetString(2), Text(row, 3), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4))));
        }

        return pauses;
    }

    private static bool IsPaused(SqliteSession session, PauseScope scope, string name)
    {
        using var row = session.Query("select 1 from busjobs_pause where scope = @scope and name = @name", ("@scope", (int)scope), ("@name", name));
        return row.Read();
    }

    /// <summary>Changes a rule, lets all coordinators know that the rules are others now, and wakes those that sleep.</summary>
    /// <returns>How many rows the change touched.</returns>
    private async Task<int> ChangeRulesAsync(Func<SqliteSession, int> change, CancellationToken cancellationToken)
    {
        var changed = await writer.WriteAsync(
            session =>
            {
                session.Run(ChangeRulesSql, ("@stamp", Guid.CreateVersion7(clock.GetUtcNow()).ToString()));
                return change(session);
            },
            cancellationToken);
        return Woken(changed, moreReady: true);
    }
}
