using BusJobs.Outbox.Model;
using Npgsql;

namespace BusJobs.Outbox.Postgres;

/// <summary>
/// The trigger that wakes sleeping relays, in whichever process they are and however the row came. It notifies only while a relay is in the
/// table of listeners, since NOTIFY serializes commits.
/// </summary>
internal sealed class WakeUpSql(OutboxName name)
{
    private const string Trigger = "busjobs_outbox_wake";

    /// <summary>Makes the trigger and what it needs, unless they are there.</summary>
    /// <returns>False when this user may not.</returns>
    public async Task<bool> EnsureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            // Relays that start together would trip over each other's half-made objects.
            await ExecuteAsync(connection, "select pg_advisory_xact_lock(hashtext('busjobs_outbox_wake'))", cancellationToken);
            if (!await ExistsAsync(connection, cancellationToken))
            {
                await ExecuteAsync(connection, Create, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return false;
        }
    }

    private string Create =>
        $"""
        create unlogged table if not exists {name.Listeners} (id uuid primary key, since timestamptz not null default now());
        create or replace function {name.Function}() returns trigger language plpgsql as $$
        begin
            if exists (select 1 from {name.Listeners}) then
                perform pg_notify('{OutboxModel.Table}', '');
            end if;
            return null;
        end $$;
        create trigger {Trigger} after insert on {name.Table} for each statement execute function {name.Function}();
        """;

    private async Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select exists (select from pg_trigger where tgrelid = $1::regclass and tgname = $2)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = name.Table });
        command.Parameters.Add(new NpgsqlParameter { Value = Trigger });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
