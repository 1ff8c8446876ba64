namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    // Only running jobs that are counted are in this index, so this is no more work than there are such jobs.
    private const string CountLimitedSql = "select kind, coalesce(tenant, ''), count(*) from busjobs_job where state = 2 and limited group by 1, 2";

    private const string WriteStartsSql =
        """
        insert into busjobs_recent_starts (scope, name, starts, forget_at) values (@scope, @name, @starts, @forget_at)
        on conflict (scope, name) do update set starts = excluded.starts, forget_at = excluded.forget_at
        """;

    private volatile RuleBook rules = RuleBook.Unread;

    /// <summary>The rules as they are in this transaction.</summary>
    private RuleBook Rules(SqliteSession session)
    {
        var stamp = Stamp(session);
        var book = rules;
        return stamp == book.Stamp ? book : rules = new RuleBook(stamp, ReadPauses(session), ReadLimits(session));
    }

    private static Guid Stamp(SqliteSession session)
    {
        using var row = session.Query("select stamp from busjobs_rules");
        return row.Read() ? Id(row.GetString(0)) : Guid.Empty;
    }

    /// <summary>What the limits leave; everything, at the price of nothing, when no limit counts.</summary>
    private static Room ReadRoom(SqliteSession session, RuleBook book, long now)
    {
        if (!book.Counts)
        {
            return Room.Free(book);
        }

        var running = new List<Running>();
        using (var row = session.Query(CountLimitedSql))
        {
            while (row.Read())
            {
                running.Add(new Running(row.GetString(0), row.GetString(1), row.GetInt32(2)));
            }
        }

        var recent = new Dictionary<(LimitScope, string), RecentStarts>();
        using (var row = session.Query("select scope, name, starts from busjobs_recent_starts"))
        {
            while (row.Read())
            {
                recent.Add(((LimitScope)row.GetInt32(0), row.GetString(1)), RecentStarts.Parse(row.GetString(2)));
            }
        }

        return new Room(book, running, recent, now);
    }

    private static void RememberStarts(SqliteSession session, Room room)
    {
        var started = room.Started().ToList();
        if (started.Count == 0)
        {
            return;
        }

        session.Run("delete from busjobs_recent_starts where forget_at < @now", ("@now", room.Now));
        foreach (var (scope, name, starts, forgetAt) in started)
        {
            session.Run(WriteStartsSql, ("@scope", (int)scope), ("@name", name), ("@starts", starts.ToString()), ("@forget_at", forgetAt));
        }
    }
}
