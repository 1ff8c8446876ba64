namespace BusJobs.Ledger.Upkeep;

/// <summary>How much work there was at a moment. It has a bounded size: queues and kinds beyond a number are told as one.</summary>
/// <param name="Kinds">How the kinds have fared since the ledger was made.</param>
public sealed record LedgerReport(DateTimeOffset At, IReadOnlyList<QueueDepth> Queues, IReadOnlyList<KindCounts> Kinds);

/// <summary>What waits and runs in a queue.</summary>
/// <param name="Ready">Jobs that are due; those that wait for another of their key included.</param>
/// <param name="OldestSeconds">How long ago the first of the ready ones was due; 0 when there is none.</param>
public sealed record QueueDepth(string Queue, long Scheduled, long Ready, long Dispatched, double OldestSeconds)
{
    public long All => Scheduled + Ready + Dispatched;

    public static QueueDepth operator +(QueueDepth one, QueueDepth other) => new(
        one.Queue, one.Scheduled + other.Scheduled, one.Ready + other.Ready, one.Dispatched + other.Dispatched, Math.Max(one.OldestSeconds, other.OldestSeconds));
}
