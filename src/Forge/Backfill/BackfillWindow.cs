using BusJobs;

namespace Forge.Backfill;

/// <summary>Works out the statistics of a span of days from a repository's history.</summary>
/// <param name="Repository">Its id in the hub.</param>
/// <param name="Start">Midnight, UTC.</param>
/// <param name="End">Midnight, UTC, exclusive: at most seven days later.</param>
/// <param name="Reason">For people.</param>
[JobKind("forge.backfill-window", Queue = "backfill")]
public sealed record BackfillWindow(long Repository, DateTimeOffset Start, DateTimeOffset End, string Reason)
{
    /// <summary>So many weeks of statistics an organisation may ask for in a minute, unless the limit is set otherwise at the ledger's door.</summary>
    public const int PerMinute = 120;

    internal static readonly TimeSpan Day = TimeSpan.FromDays(1);
    internal static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <exception cref="PermanentJobException">The payload names no such span.</exception>
    internal void Check()
    {
        if (Start.UtcTicks % Day.Ticks != 0 || End.UtcTicks % Day.Ticks != 0 || End <= Start || End - Start > Week)
        {
            throw new PermanentJobException($"The window {Start:O}/{End:O} is not one of 1 to 7 whole days.");
        }
    }
}
