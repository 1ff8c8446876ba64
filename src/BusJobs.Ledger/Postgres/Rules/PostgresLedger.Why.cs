using Npgsql;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string SelectHeld = "select state, queue, kind, coalesce(tenant, ''), serial_key, serial_no from busjobs.job where id = $1";

    private const string SelectFirst =
        """
        (select id, state from busjobs.job where serial_key = $2 and stage = 2 and id <> $1)
        union all
        (select id, state from busjobs.job where serial_key = $2 and stage <= 1 and serial_no < $3 order by serial_no limit 1)
        limit 1
        """;

    // As the index of held keys has it, so that it answers.
    private const string SelectKeyHolder =
        """
        select holder.unique_key, holder.id, holder.state
        from busjobs.job mine
        join busjobs.job holder on holder.kind = mine.kind and holder.unique_key = mine.unique_key and holder.key_generation = busjobs.generation_of(mine.kind)
        where mine.id = $1 and mine.unique_key is not null and (mine.waits_for_key or mine.state = 4)
          and holder.unique_key is not null and not holder.waits_for_key and holder.stage in (0, 1, 2)
        limit 1
        """;

    public async Task<IReadOnlyList<Hold>?> WhyAsync(Guid jobId, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        LedgerState state;
        string queue, kind, tenant;
        (string Key, long Number)? place;
        await using (var select = Statement(connection, SelectHeld, Of(jobId)))
        await using (var reader = await select.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return null;
            }

            (state, queue, kind, tenant) = ((LedgerState)reader.GetInt16(0), reader.GetString(1), reader.GetString(2), reader.GetString(3));
            place = reader.IsDBNull(4) ? null : (reader.GetString(4), reader.GetInt64(5));
        }

        if (state != LedgerState.Ready)
        {
            return state is LedgerState.Scheduled or LedgerState.Dead ? await KeyHolderAsync(connection, jobId, cancellationToken) : [];
        }

        var pauses = await PausesAsync(connection, cancellationToken);
        var book = new RuleBook(Guid.Empty, pauses, await LimitsAsync(connection, cancellationToken));
        var seen = await LookAsync(connection, book, ReadStamp, CountRunning, now, cancellationToken);
        var room = new Room(book, seen.Running, seen.Recent, seen.Moment);
        return
        [
            .. pauses.Where(pause => pause.Holds(queue, kind, tenant)).Select(pause => new Hold.Paused(pause)),
            .. room.Holds(kind, tenant),
            .. place is { } one ? await FirstOfKeyAsync(connection, jobId, one.Key, one.Number, cancellationToken) : [],
        ];
    }

    private static async Task<Hold[]> KeyHolderAsync(NpgsqlConnection connection, Guid jobId, CancellationToken cancellationToken)
    {
        await using var select = Statement(connection, SelectKeyHolder, Of(jobId));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? [new Hold.KeyTaken(reader.GetString(0), reader.GetGuid(1), (LedgerState)reader.GetInt16(2))] : [];
    }

    private static async Task<Hold[]> FirstOfKeyAsync(NpgsqlConnection connection, Guid jobId, string key, long number, CancellationToken cancellationToken)
    {
        await using var select = Statement(connection, SelectFirst, Of(jobId), Of(key), Of(number));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? [new Hold.Behind(key, reader.GetGuid(0), (LedgerState)reader.GetInt16(1))] : [];
    }
}
