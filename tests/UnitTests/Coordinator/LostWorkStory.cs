using BusJobs.Bus;
using BusJobs.Coordinator.Dispatching;
using BusJobs.Coordinator.Tracking;
using BusJobs.UnitTests.Support;
using BusJobs.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.UnitTests.Coordinator;

/// <summary>
/// A coordinator's ears and memory, some workers and a broker, played on a manual clock: every beat the living workers beat, a
/// pulse comes back, and Reclaim looks at each open dispatch, as in production.
/// </summary>
internal sealed class LostWorkStory : IDisposable
{
    public const string Queue = "mail";

    private static readonly BusOptions Bus = new();

    private readonly Signal room = new();
    private readonly List<StoryWorker> workers = [];
    private readonly List<StoryDispatch> open = [];
    private long sequence;
    private int seconds;

    public LostWorkStory()
    {
        Tracker = NewTracker();
    }

    public static int Lease => (int)Bus.Lease.TotalSeconds;

    public ManualClock Clock { get; } = new();
    public WorkerTracker Tracker { get; private set; }
    public bool BrokerIsUp { get; set; } = true;
    public bool CoordinatorIsFrozen { get; set; }

    /// <summary>What Reclaim sends for untaken dispatches arrives at this worker.</summary>
    public StoryWorker? ProbesGoTo { get; set; }

    public StoryWorker Start(string name)
    {
        var worker = new StoryWorker(this, name, Guid.CreateVersion7(Clock.GetUtcNow()));
        workers.Add(worker);
        return worker;
    }

    public StoryDispatch Send()
    {
        var dispatch = new StoryDispatch(Guid.CreateVersion7(Clock.GetUtcNow()), ++sequence, Clock.GetTimestamp());
        open.Add(dispatch);
        return dispatch;
    }

    /// <summary>Another process takes over the coordinator's work, with no memory.</summary>
    public void RestartCoordinator() => Tracker = NewTracker();

    public void Settle(StoryDispatch dispatch) => open.Remove(dispatch);

    public void Pass(int forSeconds)
    {
        for (var i = 0; i < forSeconds; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            if (++seconds % (int)Bus.BeatInterval.TotalSeconds == 0)
            {
                Beat();
            }
        }
    }

    public void Hear(WorkerBeat beat)
    {
        if (BrokerIsUp && !CoordinatorIsFrozen)
        {
            Tracker.Note(beat);
        }
    }

    public void Dispose() => room.Dispose();

    private WorkerTracker NewTracker() => new(Options.Create(Bus), room, Clock, NullLogger<WorkerTracker>.Instance);

    private void Beat()
    {
        if (!BrokerIsUp || CoordinatorIsFrozen)
        {
            return;
        }

        foreach (var worker in workers.Where(worker => worker.Lives))
        {
            Tracker.Note(worker.Write());
        }

        Tracker.Prove(Clock.GetTimestamp());
        Tracker.Keep(open.Select(dispatch => dispatch.Id).ToHashSet());
        foreach (var dispatch in open.ToList())
        {
            Look(dispatch);
        }
    }

    private void Look(StoryDispatch dispatch)
    {
        var verdict = Tracker.Judge(dispatch.Id, Queue, dispatch.Sequence, Clock.GetElapsedTime(dispatch.SentAt));
        dispatch.Verdict = verdict;
        if (verdict is Verdict.Lost or Verdict.Crashed)
        {
            open.Remove(dispatch);
        }
        else if (verdict == Verdict.Untaken && ProbesGoTo is { Lives: true } taker)
        {
            taker.Seen = ++sequence;
        }
    }
}

internal sealed record StoryDispatch(Guid Id, long Sequence, long SentAt)
{
    /// <summary>The last word of Reclaim on it.</summary>
    public Verdict Verdict { get; set; } = Verdict.Keep;
}

internal sealed class StoryWorker(LostWorkStory story, string name, Guid id)
{
    private readonly List<Guid> held = [];

    public Guid Id => id;
    public long Seen { get; set; }
    public bool Lives { get; private set; } = true;

    /// <summary>Receives it and beats, as soon as a worker does.</summary>
    public void Take(StoryDispatch dispatch)
    {
        TakeSilently(dispatch);
        story.Hear(Write());
    }

    /// <summary>Receives it, and does not come to say so before its next beat.</summary>
    public void TakeSilently(StoryDispatch dispatch)
    {
        held.Add(dispatch.Id);
        Seen = Math.Max(Seen, dispatch.Sequence);
    }

    public void Drop(StoryDispatch dispatch) => held.Remove(dispatch.Id);

    /// <summary>Stops saying anything: killed, frozen or cut off, nobody can tell.</summary>
    public void FallSilent() => Lives = false;

    public void ComeBack() => Lives = true;

    public void HandBack(StoryDispatch dispatch)
    {
        Seen = Math.Max(Seen, dispatch.Sequence);
        story.Tracker.NoteHandedBack(dispatch.Id);
    }

    public void SayGoodbye()
    {
        held.Clear();
        Lives = false;
        story.Hear(Write() with { Goodbye = true });
    }

    public WorkerBeat Write(bool draining = false) => new()
    {
        WorkerId = id, Name = name, Kinds = ["demo.mail"], Held = [.. held], Draining = draining,
        Queues = [new QueueBeat(LostWorkStory.Queue, Slots: 4, Seen)],
    };
}
