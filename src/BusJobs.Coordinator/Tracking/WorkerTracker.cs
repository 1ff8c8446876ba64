using BusJobs.Bus;
using BusJobs.Coordinator.Dispatching;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Coordinator.Tracking;

/// <summary>
/// Who lives and who holds what, in memory: a thousand workers cost the ledger nothing. Silence is judged only as far as a
/// pulse proves that this coordinator can hear; after a gap in its hearing every worker gets a fresh lease.
/// </summary>
internal sealed class WorkerTracker(IOptions<BusOptions> options, Signal room, TimeProvider clock, ILogger<WorkerTracker> logger)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, TrackedWorker> workers = [];
    private readonly Dictionary<Guid, TrackedDispatch> dispatches = [];
    private readonly Dictionary<string, long> seen = [];
    private readonly List<(TrackedWorker Worker, long At)> died = [];
    private readonly TimeSpan lease = options.Value.Lease;
    private readonly long startedAt = clock.GetTimestamp();
    private long? provenAt;
    private long trustFrom;

    /// <summary>Whether a pulse came back lately: the broker carries, and settlements are being written.</summary>
    public bool IsCurrent
    {
        get
        {
            lock (gate)
            {
                return provenAt is { } proven && clock.GetElapsedTime(proven) < lease;
            }
        }
    }

    /// <summary>How long since the last pulse that came back was sent, or since the start.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (gate)
            {
                return clock.GetElapsedTime(provenAt ?? startedAt);
            }
        }
    }

    /// <summary>Whether every live worker has had the time to say so.</summary>
    public bool IsWarm
    {
        get
        {
            lock (gate)
            {
                return provenAt is { } proven && clock.GetElapsedTime(trustFrom, proven) > lease;
            }
        }
    }

    public IReadOnlyList<WorkerBeat> Live
    {
        get
        {
            lock (gate)
            {
                return [.. workers.Values.Select(worker => worker.Beat)];
            }
        }
    }

    public int SlotsOf(string queue) => Sum(queue, static beat => beat.Slots);

    public int CountOf(string queue) => Sum(queue, static _ => 1);

    /// <summary>Whether every live worker that reads the queue runs jobs of one key that come together one by one.</summary>
    public bool RunChains(string queue)
    {
        lock (gate)
        {
            return workers.Values.Where(worker => worker.Reads(queue)).All(worker => worker.Beat.RunsChains);
        }
    }

    /// <summary>Whether some live worker that reads the queue has a handler of the kind; also true while nobody can tell yet.</summary>
    public bool MayKnow(string kind, string queue)
    {
        lock (gate)
        {
            return provenAt is not { } proven || clock.GetElapsedTime(trustFrom, proven) <= lease
                || workers.Values.Any(worker => worker.Reads(queue) && worker.Beat.Kinds.Contains(kind));
        }
    }

    public void Note(WorkerBeat beat)
    {
        var came = false;
        lock (gate)
        {
            var now = clock.GetTimestamp();
            if (beat.Goodbye)
            {
                if (workers.Remove(beat.WorkerId))
                {
                    logger.WorkerLeft(beat.Name, beat.WorkerId);
                }
            }
            else
            {
                came = !workers.ContainsKey(beat.WorkerId);
                // It was frozen or cut off: what it drops from now on was settled, not crashed.
                died.RemoveAll(death => death.Worker.Beat.WorkerId == beat.WorkerId);
                workers[beat.WorkerId] = new TrackedWorker(beat, now);
            }

            foreach (var queue in beat.Queues)
            {
                seen[queue.Queue] = Math.Max(seen.GetValueOrDefault(queue.Queue), queue.Seen);
            }

            foreach (var held in beat.Held)
            {
                var dispatch = Of(held);
                dispatch.Holder = beat.WorkerId;
                dispatch.UnheldSince = null;
            }
        }

        if (came)
        {
            logger.WorkerCame(beat.Name, beat.WorkerId);
            // Its queues' jobs need not wait for a poll.
            room.Raise();
        }
    }

    public void NoteHandedBack(Guid dispatchId)
    {
        lock (gate)
        {
            Of(dispatchId).HandedBackAt ??= clock.GetTimestamp();
        }
    }

    /// <summary>A pulse that was sent at the given time has come back. Buries workers that have been silent for a lease before that.</summary>
    public void Prove(long sentAt)
    {
        lock (gate)
        {
            if (provenAt is not { } before || clock.GetElapsedTime(before, sentAt) > lease / 2)
            {
                trustFrom = clock.GetTimestamp();
            }

            provenAt = Math.Max(provenAt ?? 0, sentAt);
            foreach (var (id, worker) in workers.Where(worker => SilenceOf(worker.Value.BeatAt) > lease).ToList())
            {
                workers.Remove(id);
                died.Add((worker, clock.GetTimestamp()));
                logger.WorkerDied(worker.Beat.Name, id);
            }

            died.RemoveAll(death => clock.GetElapsedTime(death.At) > TimeSpan.FromHours(1));
        }
    }

    /// <summary>What to make of a dispatch that the ledger has open.</summary>
    public Verdict Judge(Guid id, string queue, long sequence, TimeSpan age)
    {
        lock (gate)
        {
            if (provenAt is null)
            {
                return Verdict.Keep;
            }

            var dispatch = Of(id);
            if (dispatch.Holder is { } holder && workers.TryGetValue(holder, out var worker) && worker.Holds(id))
            {
                return Verdict.Keep;
            }

            dispatch.UnheldSince ??= clock.GetTimestamp();
            var holderDied = dispatch.Holder is { } late && died.Exists(death => death.Worker.Beat.WorkerId == late);
            if (holderDied)
            {
                return Verdict.Crashed;
            }

            if (sequence < seen.GetValueOrDefault(queue))
            {
                dispatch.OvertakenAt ??= clock.GetTimestamp();
            }

            return dispatch.GoneSince switch
            {
                null => SilenceOf(dispatch.UnheldSince.Value) <= lease / 2 ? Verdict.Keep : Verdict.Untaken,
                { } since when SilenceOf(since) <= lease => Verdict.Keep,
                _ => dispatch.Holder is null && SomebodyDied(queue, age) ? Verdict.Crashed : Verdict.Lost,
            };
        }
    }

    /// <summary>Whether a worker says that it holds the dispatch.</summary>
    public bool IsHeld(Guid id)
    {
        lock (gate)
        {
            return dispatches.TryGetValue(id, out var dispatch) && dispatch.Holder is { } holder
                && workers.TryGetValue(holder, out var worker) && worker.Holds(id);
        }
    }

    /// <summary>Forgets dispatches that the ledger no longer has open.</summary>
    public void Keep(IReadOnlySet<Guid> open)
    {
        lock (gate)
        {
            foreach (var id in dispatches.Keys.Where(id => !open.Contains(id)).ToList())
            {
                dispatches.Remove(id);
            }
        }
    }

    /// <summary>Whether a worker of the queue died since the dispatch was made, so that one may have died of it; or whether that was before this coordinator's time.</summary>
    private bool SomebodyDied(string queue, TimeSpan age) =>
        age > clock.GetElapsedTime(startedAt) || died.Exists(death => death.Worker.Reads(queue) && clock.GetElapsedTime(death.At) < age);

    private TimeSpan SilenceOf(long since) => clock.GetElapsedTime(Math.Max(since, trustFrom), provenAt!.Value);

    private TrackedDispatch Of(Guid id) => dispatches.TryGetValue(id, out var dispatch) ? dispatch : dispatches[id] = new TrackedDispatch();

    private int Sum(string queue, Func<QueueBeat, int> of)
    {
        lock (gate)
        {
            return workers.Values.Where(worker => !worker.Beat.Draining).SelectMany(worker => worker.Beat.Queues)
                .Where(beat => beat.Queue == queue).Sum(of);
        }
    }

    private sealed record TrackedWorker(WorkerBeat Beat, long BeatAt)
    {
        public bool Reads(string queue) => Beat.Queues.Any(beat => beat.Queue == queue);

        public bool Holds(Guid dispatch) => Beat.Held.Contains(dispatch);
    }

    private sealed class TrackedDispatch
    {
        public Guid? Holder { get; set; }
        public long? HandedBackAt { get; set; }
        public long? OvertakenAt { get; set; }
        public long? UnheldSince { get; set; }

        /// <summary>
        /// Since when it cannot arrive any more, unless somebody who has it says so within a lease; null while it may. A worker that
        /// took it after a long wait needs the time to speak, and one that it killed the time to be found dead.
        /// </summary>
        public long? GoneSince => this switch
        {
            { Holder: not null } => UnheldSince,
            { HandedBackAt: { } at } => Math.Max(at, UnheldSince ?? at),
            { OvertakenAt: { } at } => Math.Max(at, UnheldSince ?? at),
            _ => null,
        };
    }
}
