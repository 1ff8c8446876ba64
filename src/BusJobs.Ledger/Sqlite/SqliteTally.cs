namespace BusJobs.Ledger.Sqlite;

/// <summary>What a transaction ended, by kind. Written last, so that a transaction which does nothing else writes one row a kind.</summary>
internal sealed class SqliteTally
{
    // One slot: SQLite has one writer at a time, so there is nobody to make room for.
    private const string WriteSql =
        """
        insert into busjobs_tally as t (slot, kind, succeeded, dead, cancelled, retried, stale, reclaimed)
        values (0, @kind, @succeeded, @dead, @cancelled, @retried, @stale, @reclaimed)
        on conflict (slot, kind) do update set
            succeeded = t.succeeded + excluded.succeeded, dead = t.dead + excluded.dead, cancelled = t.cancelled + excluded.cancelled,
            retried = t.retried + excluded.retried, stale = t.stale + excluded.stale, reclaimed = t.reclaimed + excluded.reclaimed
        """;

    private const string RememberSql =
        """
        insert into busjobs_attempt (job_id, fence, number, ending, worker, ended_at, duration_ms, reason)
        values (@job, @fence, @number, @ending, @worker, @now, @duration, @reason)
        """;

    private readonly Dictionary<string, Counts> kinds = [];

    public Counts Of(string kind)
    {
        if (!kinds.TryGetValue(kind, out var counts))
        {
            kinds[kind] = counts = new Counts();
        }

        return counts;
    }

    public void Write(SqliteSession session)
    {
        foreach (var (kind, counts) in kinds)
        {
            session.Run(
                WriteSql,
                ("@kind", kind),
                ("@succeeded", counts.Succeeded),
                ("@dead", counts.Dead),
                ("@cancelled", counts.Cancelled),
                ("@retried", counts.Retried),
                ("@stale", counts.Stale),
                ("@reclaimed", counts.Reclaimed));
        }
    }

    /// <summary>Keeps the record of an attempt that did not succeed.</summary>
    public static void Remember(SqliteSession session, Guid job, AttemptRecord attempt) => session.Run(
        RememberSql,
        ("@job", job.ToString()),
        ("@fence", attempt.Fence),
        ("@number", attempt.Number),
        ("@ending", (int)attempt.Ending),
        ("@worker", attempt.Worker),
        ("@now", attempt.EndedAt.ToUnixTimeMilliseconds()),
        ("@duration", (long)attempt.Duration.TotalMilliseconds),
        ("@reason", attempt.Reason));

    /// <summary>What to add to the row of one kind; dead falls when jobs are redriven.</summary>
    internal sealed class Counts
    {
        public long Succeeded { get; set; }
        public long Dead { get; set; }
        public long Cancelled { get; set; }
        public long Retried { get; set; }
        public long Stale { get; set; }
        public long Reclaimed { get; set; }
    }
}
