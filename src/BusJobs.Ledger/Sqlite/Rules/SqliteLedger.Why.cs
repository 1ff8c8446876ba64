namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string SelectHeldSql = "select state, queue, kind, coalesce(tenant, ''), serial_key, rowid from busjobs_job where id = @id";

    private const string SelectFirstSql =
        """
        select id, state from busjobs_job
        where serial_key = @key and serial_key is not null and state <= 2 and id <> @id and (state = 2 or rowid < @number)
        order by state = 2 desc, rowid limit 1
        """;

    // As the index of held keys has it, so that it answers.
    private const string SelectKeyHolderSql =
        """
        select holder.unique_key, holder.id, holder.state
        from busjobs_job mine
        join busjobs_job holder on holder.kind = mine.kind and holder.unique_key = mine.unique_key
            and holder.key_generation = coalesce((select generation from busjobs_key_generation where scope = mine.kind), 0)
        where mine.id = @id and mine.unique_key is not null and (mine.state = 4 or (mine.state = 0 and mine.waits_for_key))
          and holder.unique_key is not null and not holder.waits_for_key and holder.state in (0, 1, 2)
        limit 1
        """;

    public Task<IReadOnlyList<Hold>?> WhyAsync(Guid jobId, DateTimeOffset? now, CancellationToken cancellationToken) =>
        reader.ReadAsync(session => Why(session, jobId, Ms(now)), cancellationToken);

    private static IReadOnlyList<Hold>? Why(SqliteSession session, Guid jobId, long now)
    {
        using var job = session.Query(SelectHeldSql, ("@id", jobId.ToString()));
        if (!job.Read())
        {
            return null;
        }

        if (job.GetInt32(0) != (int)LedgerState.Ready)
        {
            return KeyHolder(session, jobId);
        }

        var (queue, kind, tenant) = (job.GetString(1), job.GetString(2), job.GetString(3));
        var pauses = ReadPauses(session);
        var room = ReadRoom(session, new RuleBook(Guid.Empty, pauses, ReadLimits(session)), now);
        return
        [
            .. pauses.Where(pause => pause.Holds(queue, kind, tenant)).Select(pause => new Hold.Paused(pause)),
            .. room.Holds(kind, tenant),
            .. job.IsDBNull(4) ? [] : FirstOfKey(session, jobId, job.GetString(4), job.GetInt64(5)),
        ];
    }

    private static Hold[] KeyHolder(SqliteSession session, Guid jobId)
    {
        using var row = session.Query(SelectKeyHolderSql, ("@id", jobId.ToString()));
        return row.Read() ? [new Hold.KeyTaken(row.GetString(0), Id(row.GetString(1)), (LedgerState)row.GetInt32(2))] : [];
    }

    private static Hold[] FirstOfKey(SqliteSession session, Guid jobId, string key, long number)
    {
        using var row = session.Query(SelectFirstSql, ("@id", jobId.ToString()), ("@key", key), ("@number", number));
        return row.Read() ? [new Hold.Behind(key, Id(row.GetString(0)), (LedgerState)row.GetInt32(1))] : [];
    }
}
