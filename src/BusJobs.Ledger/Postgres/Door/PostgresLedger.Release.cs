using Npgsql;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    /// <summary>How long to wait for a producer that has inserted the key and not committed; the next turn looks again.</summary>
    private const string WaitLittle = "set local lock_timeout = '50ms'";

    private const string ReleaseWaiting =
        """
        with released as (
            update busjobs.job set waits_for_key = false, state = case when run_at > coalesce($2, now()) then 0 else 1 end where id = any(array(
                select w.id from busjobs.job w
                where w.waits_for_key and w.stage = 0 and (
                    select 1 from busjobs.job j where j.kind = w.kind and j.unique_key = w.unique_key and j.key_generation = w.key_generation
                        and j.unique_key is not null and not j.waits_for_key and j.stage in (0, 1, 2) limit 1) is null
                limit $1 for update of w skip locked))
            returning id
        )
        select (select count(*) from released)::int, exists (select from busjobs.job where waits_for_key and stage = 0)
        """;

    private const string ExpireLate =
        """
        update busjobs.job set state = 6, finished_at = coalesce($2, now()), reason = 'not started in time' where id = any(array(
            select id from busjobs.job where expires_at is not null and expires_at <= coalesce($2, now()) and stage <= 1 and state <= 1
            order by expires_at limit $1 for update skip locked))
        returning kind
        """;

    private const string ForgetHeld =
        """
        delete from busjobs.held_key where (scope, key) in (
            select scope, key from busjobs.held_key where expires_at <= coalesce($2, now()) order by expires_at limit $1 for update skip locked)
        """;

    private const string ForgetMinutes =
        """
        delete from busjobs.door_minute where (kind, tenant) in (
            select kind, tenant from busjobs.door_minute where until <= coalesce($2, now()) order by until limit $1 for update skip locked)
        """;

    public async Task<ReleaseReport> ReleaseAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            var report = await ReleaseAsync(connection, limit, now, cancellationToken);
            if (report.Released > 0)
            {
                await NotifyAsync(connection, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return report;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.LockNotAvailable)
        {
            // A producer that did not see the waiting job has taken the key this moment: that one runs first.
            return new ReleaseReport(Released: 0, Waiting: true);
        }
    }

    private static async Task<ReleaseReport> ReleaseAsync(NpgsqlConnection connection, int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(WaitLittle), Command(ReleaseWaiting, Of(limit), Now(now)) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new ReleaseReport(reader.GetInt32(0), reader.GetBoolean(1));
    }

    public async Task<int> SweepAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var tally = new Tally();
        var swept = 0;
        await using (var expire = Statement(connection, ExpireLate, Of(limit), Now(now)))
        await using (var reader = await expire.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                tally.Of(reader.GetString(0)).Expired++;
                swept++;
            }
        }

        foreach (var forget in new[] { ForgetHeld, ForgetMinutes })
        {
            await using var command = Statement(connection, forget, Of(limit), Now(now));
            swept = Math.Max(swept, await command.ExecuteNonQueryAsync(cancellationToken));
        }

        await CountAsync(connection, tally, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return swept;
    }
}
