using BusJobs.Wire;

namespace BusJobs.Worker;

/// <summary>Writes down what a worker is and holds at one moment.</summary>
internal sealed class BeatWriter(WorkerIdentity identity, HandlerTable handlers, IReadOnlyList<WorkQueue> queues, HeldDispatches held, Drain drain)
{
    public WorkerBeat Write(bool goodbye)
    {
        // Sequences first: a dispatch is held before its sequence counts as seen, so a beat never shows it as seen but not held.
        var seen = queues.Select(queue => new QueueBeat(queue.Name, queue.Runner.Slots, queue.Seen)).ToArray();
        var packs = held.Snapshot();
        return new WorkerBeat
        {
            WorkerId = identity.Id,
            Name = identity.Name,
            Queues = seen,
            Kinds = handlers.Kinds,
            Held = [.. packs.Select(pack => pack.Id)],
            Progress = [.. packs.SelectMany(pack => pack.Runs).Select(run => run.TakeProgress()).OfType<JobProgress>()],
            Draining = drain.HasBegun,
            CanBeDrained = true,
            RunsChains = true,
            Goodbye = goodbye,
        };
    }
}
