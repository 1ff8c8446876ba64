using System.Diagnostics.CodeAnalysis;
using BusJobs.Wire;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>Takes dispatches of one queue from the broker.</summary>
internal sealed class DispatchConsumer(WorkQueue queue, Intake intake, ILogger logger, CancellationToken leaving) : IConsumer<Dispatch>
{
    // MassTransit would move a failed message, with its whole stack trace in a header, to a queue that nobody reads.
    [SuppressMessage("Design", "CA1031", Justification = "The receive loop outlives its errors; the ledger dispatches again what is not settled.")]
    public async Task Consume(ConsumeContext<Dispatch> context)
    {
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, leaving);
            await intake.ReceiveAsync(queue, context.Message, context.ReceiveContext.Redelivered, over.Token);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested || context.CancellationToken.IsCancellationRequested)
        {
            // The channel or the worker is gone: the broker delivers a hand-back again.
        }
        catch (Exception exception)
        {
            logger.ReceiveFailed(exception, queue.Name);
        }
    }
}
