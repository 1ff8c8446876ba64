using BusJobs.Ledger.Model;
using BusJobs.Wire;

namespace BusJobs.Ledger;

/// <summary>One settlement with the message it came in.</summary>
internal readonly record struct SettlingRow(Settled Message, Settlement Settlement)
{
    public LedgerState NextState => Settlement.Ending switch
    {
        Ending.Completed => LedgerState.Succeeded,
        Ending.DeadLettered or Ending.UnknownKind => LedgerState.Dead,
        Ending.Cancelled => LedgerState.Cancelled,
        _ => Settlement.DelayMs > 0 ? LedgerState.Scheduled : LedgerState.Ready,
    };

    /// <summary>1 when the attempt counts, 0 when it does not.</summary>
    public int Burnt => Settlement.Ending is Ending.Snoozed or Ending.Released ? 0 : 1;
}

/// <summary>A job whose settlement was written and was not a success.</summary>
/// <param name="Payload">Only of a dead job.</param>
internal sealed record Ended(Guid Id, string Kind, string Queue, LedgerState State, int Attempt, string? Payload, string? Reason, Ending Ending);

/// <summary>
/// A dispatch that a batch speaks of. It is closed with its last word, if no job of it is unsettled then. Messages of one dispatch
/// may be settled out of order: one whose last word overtook another stays, with count 0, until the other is in, so that a
/// message which is lost in between leaves no job that nobody would ever reclaim.
/// </summary>
/// <param name="Words">Settlements in the batch, repetitions left out; as many as the dispatch has jobs, and none is unsettled.</param>
internal readonly record struct Touched(Guid Id, int Words, bool Last);

/// <summary>
/// A batch of settlements on its way into a ledger: sorted by statement, and counted. The rule of what a settlement does is
/// here, once; how it is written is each ledger's own.
/// </summary>
internal sealed class Settling
{
    private readonly IReadOnlyCollection<Settled> batch;

    public Settling(IReadOnlyCollection<Settled> batch)
    {
        this.batch = batch;
        var seen = new HashSet<(Guid, int)>();
        foreach (var message in batch)
        {
            foreach (var settlement in message.Jobs)
            {
                // The bus delivers at least once; the first word on a dispatched job is the one that counts.
                if (seen.Add((settlement.JobId, settlement.Fence)))
                {
                    (settlement.Ending == Ending.Completed ? Completed : Others).Add(new SettlingRow(message, settlement));
                }
                else
                {
                    Repeated++;
                }
            }
        }

        // Whoever writes many jobs takes them in the order of their ids: no two then wait for each other in a circle.
        Completed.Sort(ById);
        Others.Sort(ById);
    }

    public List<SettlingRow> Completed { get; } = [];
    public List<SettlingRow> Others { get; } = [];
    public Tally Tally { get; } = new();
    private int Repeated { get; set; }

    private static Comparison<SettlingRow> ById => static (one, other) => one.Settlement.JobId.CompareTo(other.Settlement.JobId);

    /// <summary>The dispatches of the batch: of how many jobs each it speaks, and whether a worker's last word is among them.</summary>
    public List<Touched> Touched()
    {
        var words = Completed.Concat(Others).CountBy(row => row.Message.DispatchId).ToDictionary();
        return
        [
            .. batch.GroupBy(message => message.DispatchId)
                .Select(messages => new Touched(messages.Key, words.GetValueOrDefault(messages.Key), messages.Any(message => message.Last))),
        ];
    }

    /// <returns>The job that each follows, and the follow-up.</returns>
    public List<(Guid Follows, NewJob Job)> FollowUpsOf(HashSet<Guid> succeeded) =>
    [
        .. Completed.Where(row => succeeded.Contains(row.Settlement.JobId))
            .SelectMany(row => row.Settlement.FollowUps ?? [], (row, job) => (row.Settlement.JobId, job)),
    ];

    /// <summary>Counts what was written, by kind. Which completed rows were stale is not asked for when none were.</summary>
    public SettleReport Report(int completed, IReadOnlyList<Ended> ended)
    {
        foreach (var kind in Completed.CountBy(row => row.Message.Kind))
        {
            Tally.Of(kind.Key).Succeeded += kind.Value;
        }

        var stale = Completed.Count - completed;
        if (stale > 0)
        {
            // Only the sum matters to people; it is booked on the first kind of the batch.
            var row = Tally.Of(Completed[0].Message.Kind);
            row.Succeeded -= stale;
            row.Stale += stale;
        }

        foreach (var job in ended)
        {
            Tally.Note(job.Kind, job.State, job.Ending);
        }

        var late = Others.Count - ended.Count + Repeated;
        if (late > 0)
        {
            Tally.Of(batch.First().Kind).Stale += late;
        }

        var moreReady = ended.Any(job => job.State == LedgerState.Ready) || Completed.Exists(row => row.Settlement.FollowUps is { Count: > 0 });
        return new SettleReport(completed + ended.Count, stale + late, moreReady, DeadLettersOf(ended));
    }

    public static IReadOnlyList<DeadLetter> DeadLettersOf(IEnumerable<Ended> ended) =>
    [
        .. ended.Where(job => job.State == LedgerState.Dead).Select(job => new DeadLetter
        {
            JobId = job.Id,
            Kind = job.Kind,
            Queue = job.Queue,
            Attempts = job.Attempt,
            Reason = job.Reason ?? "",
            Payload = job.Payload ?? "null",
        }),
    ];
}

/// <summary>What one transaction adds to the counts, by kind.</summary>
internal sealed class Tally
{
    private readonly SortedDictionary<string, TallyRow> rows = new(StringComparer.Ordinal);

    public bool IsEmpty => rows.Count == 0;

    /// <summary>In one order for everybody, so that two writers never wait for each other in a circle.</summary>
    public IReadOnlyCollection<TallyRow> Rows => rows.Values;

    public TallyRow Of(string kind) => rows.TryGetValue(kind, out var row) ? row : rows[kind] = new TallyRow { Kind = kind };

    /// <param name="kinds">The kind of each job.</param>
    public static Tally OfDiscarded(IEnumerable<string?> kinds)
    {
        var tally = new Tally();
        foreach (var kind in kinds.OfType<string>().CountBy(kind => kind))
        {
            (tally.Of(kind.Key).Dead, tally.Of(kind.Key).Cancelled) = (-kind.Value, kind.Value);
        }

        return tally;
    }

    /// <param name="kinds">The kind of each job.</param>
    /// <param name="discarded">Whether they were discarded, and not dead.</param>
    public static Tally OfRedriven(IEnumerable<string> kinds, bool discarded)
    {
        var tally = new Tally();
        foreach (var kind in kinds.CountBy(kind => kind))
        {
            var row = tally.Of(kind.Key);
            (row.Dead, row.Cancelled) = discarded ? (0, -kind.Value) : (-kind.Value, 0);
        }

        return tally;
    }

    public void Note(string kind, LedgerState state, Ending ending)
    {
        var row = Of(kind);
        row.Dead += state == LedgerState.Dead ? 1 : 0;
        row.Cancelled += state == LedgerState.Cancelled ? 1 : 0;
        row.Retried += ending == Ending.RetryAt && state is (LedgerState.Scheduled or LedgerState.Ready) ? 1 : 0;
    }
}
