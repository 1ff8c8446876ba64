using BusJobs.Coordinator.Tracking;
using BusJobs.Ledger;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Coordinator.Dispatching;

/// <summary>
/// Claims ready jobs and sends them, as far as each queue's window allows: promote what is due, look which lanes have work,
/// claim, send, and sleep when there is nothing left to do.
/// </summary>
internal sealed class Dispatcher(
    ILedger ledger, WorkerTracker workers, Sender sender, Packer packer, Pace pace, Signal room, Random random,
    IOptions<CoordinatorOptions> options, TimeProvider clock, ILogger<Dispatcher> logger) : CoordinatorLoop(logger, clock)
{
    private const int SuspectsAtOnce = 8;
    private static readonly TimeSpan UnservedPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(20);

    private readonly CoordinatorOptions options = options.Value;
    /// <summary>What was claimed last, on its way to the broker in the order of its claim while the next is claimed.</summary>
    private Task sending = Task.CompletedTask;
    private bool wasFull;
    private bool wasHeld;
    private bool wasUnserved;
    private TimeSpan opens;

    protected override string Name => "The dispatcher";

    internal override async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (!workers.IsCurrent)
        {
            // Without a pulse nobody can tell what is in flight, and what is sent may pile up unread.
            await room.WaitAsync(options.PollInterval, cancellationToken);
            return TimeSpan.Zero;
        }

        var survey = await SurveyAsync(cancellationToken);
        var more = false;
        (wasFull, wasHeld, wasUnserved, opens) = (false, false, false, UnservedPause);
        foreach (var lane in survey.Ready)
        {
            more |= await DispatchAsync(lane, cancellationToken);
        }

        if (!more)
        {
            await SleepAsync(survey, cancellationToken);
        }

        return TimeSpan.Zero;
    }

    private async Task<Survey> SurveyAsync(CancellationToken cancellationToken)
    {
        var survey = await ledger.SurveyAsync(now: null, cancellationToken);
        if (survey.NextDue > TimeSpan.Zero || survey.NextDue is null)
        {
            return survey;
        }

        await ledger.PromoteAsync(options.MaxClaim, now: null, cancellationToken);
        return await ledger.SurveyAsync(now: null, cancellationToken);
    }

    /// <returns>False when there is no use in looking again at once.</returns>
    private async Task<bool> DispatchAsync(LaneSurvey lane, CancellationToken cancellationToken)
    {
        var slots = workers.SlotsOf(lane.Queue);
        if (slots == 0 || sender.IsHeld(lane.Queue))
        {
            wasUnserved = true;
            return false;
        }

        var window = WindowOf(lane, slots);
        var free = window - lane.InFlight;
        if (free <= 0 || (lane.InFlight > 0 && free < Math.Min(options.MaxClaim, window / 4)))
        {
            // A claim costs the same for one job as for a hundred: wait until there is room for many.
            wasFull = true;
            return false;
        }

        await sender.WaitForRoomAsync(cancellationToken);
        var claim = await ledger.ClaimAsync(
            lane.Queue, lane.Lane, Math.Min(free, options.MaxClaim), (queue, jobs) => Pack(queue, lane.Lane, jobs),
            workers.RunChains(lane.Queue) ? packer.ChainOf : static _ => 1, now: null, cancellationToken);
        var before = sending;
        sending = Task.CompletedTask;
        await before;
        // Writing many messages takes as long as a claim, and may go on beside the next; one alone should not wait for a thread.
        sending = claim.Dispatches.Count > 1 ? Task.Run(() => SendAsync(claim.Dispatches, cancellationToken), cancellationToken) : SendAsync(claim.Dispatches, cancellationToken);
        wasHeld |= claim.Dispatches.Count == 0;
        opens = claim.Opens < opens ? claim.Opens.Value : opens;
        return !claim.Drained && claim.Dispatches.Count + claim.Moved > 0;
    }

    private async Task SendAsync(IReadOnlyList<Dispatch> dispatches, CancellationToken cancellationToken)
    {
        foreach (var dispatch in dispatches)
        {
            await sender.SendAsync(dispatch, cancellationToken);
            CoordinatorMetrics.Sent(dispatch);
        }
    }

    private int WindowOf(LaneSurvey lane, int slots) => lane.Lane switch
    {
        Lane.Quarantine => 1,
        Lane.Suspect => Math.Min(SuspectsAtOnce, slots),
        _ => (int)Math.Clamp(slots * Math.Max(2, options.WindowTime.TotalMilliseconds / pace.OfQueue(lane.Queue)), 1, options.MaxWindow),
    };

    private Packed Pack(string queue, Lane lane, IReadOnlyList<ClaimedJob> jobs)
    {
        // Few jobs are spread over the workers rather than given to one.
        var fairShare = Math.Max(1, (jobs.Count + workers.CountOf(queue) - 1) / Math.Max(1, workers.CountOf(queue)));
        var packed = packer.Pack(queue, jobs, lane == Lane.Normal ? fairShare : 1);
        foreach (var misfit in packed.Misfits)
        {
            logger.JobParked(misfit.JobId, misfit.Delay, misfit.Reason);
        }

        return packed;
    }

    private async Task SleepAsync(Survey survey, CancellationToken cancellationToken)
    {
        var poll = options.PollInterval * (0.75 + (random.NextDouble() / 2));
        if (wasFull)
        {
            await room.WaitAsync(FullPause, cancellationToken);
            return;
        }

        if (wasHeld)
        {
            // Pauses, limits or keys hold what is ready. A settlement may give a place back, a rate lets one start at its time, and what
            // comes new may be free; of places that other coordinators give back nobody tells, so look now and then.
            await WorkOrRoomAsync(opens, cancellationToken);
            return;
        }

        if (wasUnserved)
        {
            // Jobs are ready, and nobody is there to run them, or their queue is held back. That costs other queues no latency, and
            // a worker that comes is seen soon.
            await ledger.WaitForWorkAsync(UnservedPause, _ => Task.FromResult(false), cancellationToken);
            return;
        }

        var atMost = survey.NextDue is { } due && due < poll ? due + TimeSpan.FromMilliseconds(1) : poll;
        await ledger.WaitForWorkAsync(atMost, async token => (await ledger.SurveyAsync(now: null, token)).Ready.Count > 0, cancellationToken);
    }

    private async Task WorkOrRoomAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] waits = [ledger.WaitForWorkAsync(atMost, _ => Task.FromResult(false), over.Token), room.WaitAsync(atMost, over.Token)];
        var first = await Task.WhenAny(waits);
        await over.CancelAsync();
        await Task.WhenAll(waits).ContinueWith(_ => { }, TaskScheduler.Default);
        await first;
    }
}
