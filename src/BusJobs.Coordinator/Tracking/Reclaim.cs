using BusJobs.Bus;
using BusJobs.Coordinator.Dispatching;
using BusJobs.Coordinator.Settling;
using BusJobs.Ledger;
using BusJobs.Ledger.Upkeep;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Tracking;

/// <summary>
/// Finds dispatches that nobody will settle, and gives their jobs back to the queue. Looks at each open dispatch once a beat:
/// held by a live worker, it stays; its holder dead, it comes back charged with a crash; overtaken in its queue and held by
/// nobody, it is lost; and when nothing later was sent that could overtake it, an empty dispatch is sent behind it to find out.
/// </summary>
internal sealed class Reclaim(
    ILedger ledger, JobBus bus, WorkerTracker workers, Sender sender, DeadLetterCopies copies, Untaken untaken,
    IUpkeepStore upkeep, TimeProvider clock, ILogger<Reclaim> logger) : CoordinatorLoop(logger, clock)
{
    private const int MaxOpen = 20_000;

    private static readonly TimeSpan Told = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> probed = [];
    private readonly ILogger logger = logger;
    private long? notedAt;

    protected override string Name => "Reclaim";

    internal override async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        var (startedAt, start) = (Clock.GetUtcNow(), Clock.GetTimestamp());
        var open = await ledger.OpenDispatchesAsync(MaxOpen, cancellationToken);
        if (open.Count < MaxOpen)
        {
            workers.Keep(open.Select(dispatch => dispatch.Id).ToHashSet());
        }

        var verdicts = open.ToLookup(dispatch => workers.Judge(dispatch.Id, dispatch.Queue, dispatch.Sequence, dispatch.Age));
        Tell(open);
        await TakeBackAsync(verdicts[Verdict.Crashed], Verdict.Crashed, cancellationToken);
        await TakeBackAsync(verdicts[Verdict.Lost], Verdict.Lost, cancellationToken);
        foreach (var queue in verdicts[Verdict.Untaken].Select(dispatch => dispatch.Queue).Distinct())
        {
            await ProbeAsync(queue, cancellationToken);
        }

        await NoteAsync(verdicts[Verdict.Crashed].Count(), verdicts[Verdict.Lost].Count(), startedAt, start, cancellationToken);
        return bus.Options.BeatInterval;
    }

    /// <summary>A run that took something back is remembered; of the others, one a minute is noted, as a sign of life.</summary>
    private async Task NoteAsync(int crashed, int lost, DateTimeOffset startedAt, long start, CancellationToken cancellationToken)
    {
        if (crashed + lost == 0 && notedAt is { } at && Clock.GetElapsedTime(at) < Told)
        {
            return;
        }

        var did = crashed + lost == 0 ? null : $"{crashed} dispatches of crashed workers and {lost} lost ones taken back";
        await upkeep.RecordRunAsync(new ServiceRun(CoordinatorHealth.SignOfLife, startedAt, Clock.GetElapsedTime(start), did, Error: null), cancellationToken);
        notedAt = Clock.GetTimestamp();
    }

    /// <summary>After a start on a bus in memory: nothing that was in flight survived, so all of it comes back.</summary>
    public async Task TakeBackAllAsync(bool crashed, CancellationToken cancellationToken)
    {
        var open = await ledger.OpenDispatchesAsync(int.MaxValue, cancellationToken);
        await TakeBackAsync(open, crashed ? Verdict.Crashed : Verdict.Lost, cancellationToken);
    }

    private void Tell(IReadOnlyList<OpenDispatch> open)
    {
        var waiting = open.Where(dispatch => !workers.IsHeld(dispatch.Id)).GroupBy(dispatch => dispatch.Queue)
            .ToDictionary(queue => queue.Key, queue => (long)queue.Max(dispatch => dispatch.Age.TotalMilliseconds));
        foreach (var (queue, missing) in sender.Missing())
        {
            waiting[queue] = Math.Max(waiting.GetValueOrDefault(queue), (long)missing.TotalMilliseconds);
        }

        untaken.Queues = waiting;
    }

    private async Task TakeBackAsync(IEnumerable<OpenDispatch> dispatches, Verdict verdict, CancellationToken cancellationToken)
    {
        foreach (var chunk in dispatches.Select(dispatch => dispatch.Id).Chunk(200))
        {
            var report = await ledger.ReclaimAsync(chunk, verdict == Verdict.Crashed, now: null, cancellationToken);
            copies.Send(report.Dead);
            CoordinatorMetrics.TookBack(chunk.Length, verdict);
            if (report.Ready + report.Dead.Count + report.Cancelled > 0)
            {
                logger.Reclaimed(chunk.Length, verdict, report.Ready, report.Dead.Count, report.Cancelled);
            }
        }
    }

    private async Task ProbeAsync(string queue, CancellationToken cancellationToken)
    {
        if (workers.SlotsOf(queue) == 0 || (probed.TryGetValue(queue, out var at) && Clock.GetElapsedTime(at) < bus.Options.Lease))
        {
            return;
        }

        probed[queue] = Clock.GetTimestamp();
        var probe = new Dispatch
        {
            Id = Guid.CreateVersion7(Clock.GetUtcNow()), Kind = "", Queue = queue,
            Sequence = await ledger.NextSequenceAsync(cancellationToken), Jobs = [],
        };
        await bus.SendBrieflyAsync(bus.Names.Work(queue), probe, cancellationToken);
    }
}
