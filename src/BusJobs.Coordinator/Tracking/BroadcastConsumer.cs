using BusJobs.Ledger;
using BusJobs.Wire;
using MassTransit;

namespace BusJobs.Coordinator.Tracking;

/// <summary>Hears what goes to every coordinator: beats, echoes, and hand-backs.</summary>
internal sealed class BroadcastConsumer(WorkerTracker workers, Pulses pulses, ILedger ledger)
    : IConsumer<WorkerBeat>, IConsumer<PulseEcho>, IConsumer<HandedBack>
{
    public Task Consume(ConsumeContext<WorkerBeat> context)
    {
        workers.Note(context.Message);
        return ledger.ReportProgressAsync(context.Message.Progress, context.CancellationToken);
    }

    public Task Consume(ConsumeContext<PulseEcho> context)
    {
        pulses.Hear(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<HandedBack> context)
    {
        workers.NoteHandedBack(context.Message.DispatchId);
        return Task.CompletedTask;
    }
}
