using System.Data.Common;
using BusJobs.Ledger;
using BusJobs.Wire;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Tracking;

/// <summary>Hears what goes to every coordinator: beats, echoes, and hand-backs.</summary>
internal sealed class BroadcastConsumer(WorkerTracker workers, Pulses pulses, ILedger ledger, ILogger<BroadcastConsumer> logger)
    : IConsumer<WorkerBeat>, IConsumer<PulseEcho>, IConsumer<HandedBack>
{
    public Task Consume(ConsumeContext<WorkerBeat> context) => HearAsync(context.Message, context.CancellationToken);

    internal async Task HearAsync(WorkerBeat beat, CancellationToken cancellationToken)
    {
        workers.Note(beat);
        try
        {
            await ledger.ReportProgressAsync(beat.Progress, cancellationToken);
        }
        catch (DbException exception)
        {
            // The beat was heard, which is what counts; MassTransit would move it to a queue that nobody reads.
            logger.ProgressNotKept(exception, beat.Name);
        }
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
