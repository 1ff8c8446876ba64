using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace BusJobs.Ledger.Postgres;

/// <summary>
/// How far into the ready index each line has been claimed. Dispatched jobs stay in the index, and those that ended do until the next vacuum; a claim that
/// begins at its front reads them all again: in the middle of a drain of a million, half a million. So while every claim comes back
/// full, the next begins where it ended. What comes ahead of that place in the meantime, such as a job more urgent than the backlog,
/// is found by the look at the front that is taken every quarter of a second.
/// </summary>
internal sealed class ReadyHeads(TimeProvider clock)
{
    private static readonly TimeSpan Trusted = TimeSpan.FromMilliseconds(250);

    /// <summary>Remembered at most; beyond, all are forgotten, which costs each line one look at its front.</summary>
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<LineName, ReadyHead> heads = new();

    public ReadyHead Of(LineName line) => heads.TryGetValue(line, out var head) && clock.GetElapsedTime(head.LookedAt) < Trusted
        ? head
        : ReadyHead.First(clock);

    /// <param name="head">Null when less than asked for was claimed, or too little to be worth remembering.</param>
    public void Note(LineName line, ReadyHead? head)
    {
        if (head is not { } known)
        {
            heads.TryRemove(line, out _);
            return;
        }

        if (heads.Count >= Most)
        {
            heads.Clear();
        }

        heads[line] = known;
    }
}

/// <summary>A line of ready jobs in a lane of a queue: that of a tenant ("" for none) and kind, or the common one, with no kind.</summary>
internal readonly record struct LineName(string Queue, Lane Lane, string Tenant, string? Kind)
{
    public static LineName Common(string queue, Lane lane) => new(queue, lane, "", Kind: null);
}

/// <summary>A place in the order of ready jobs.</summary>
/// <param name="LookedAt">When the front was last looked at, as a timestamp of the clock.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReadyHead(short Priority, DateTime RunAt, Guid Id, long LookedAt)
{
    // Npgsql writes it as -infinity.
    private static readonly DateTime Ever = DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    public bool IsFirst => Id == Guid.Empty;

    public static ReadyHead First(TimeProvider clock) => new(short.MinValue, Ever, Guid.Empty, clock.GetTimestamp());

    public ReadyHead After(ClaimedRow last) => new(last.Priority, last.RunAt, last.Job.Job.Id, LookedAt);

    public ReadyHead After(Candidate last) => new((short)last.Priority, new DateTime(last.RunAt, DateTimeKind.Utc), last.Id, LookedAt);
}

/// <summary>A claimed job with its place in the order.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ClaimedRow(short Priority, DateTime RunAt, ClaimedJob Job)
{
    public static int InOrder(ClaimedRow one, ClaimedRow other) =>
        one.Priority != other.Priority ? one.Priority.CompareTo(other.Priority)
        : one.RunAt != other.RunAt ? one.RunAt.CompareTo(other.RunAt)
        : one.Job.Job.Id.CompareTo(other.Job.Job.Id);
}
