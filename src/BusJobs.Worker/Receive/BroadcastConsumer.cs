using BusJobs.Wire;
using MassTransit;

namespace BusJobs.Worker;

/// <summary>Takes what is said to every worker.</summary>
internal sealed class BroadcastConsumer(HeldDispatches held, Heartbeat heartbeat, Watchdog watchdog) : IConsumer<CancelJobs>, IConsumer<PulseEcho>
{
    private static readonly TimeSpan FreshBeat = TimeSpan.FromSeconds(1);

    public Task Consume(ConsumeContext<CancelJobs> context)
    {
        held.Cancel(context.Message.JobIds);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<PulseEcho> context)
    {
        // A coordinator's first pulse is a question: it knows nobody yet, and sends nothing until somebody answers.
        if (context.Message.Number == 1 || heartbeat.SinceLast >= FreshBeat)
        {
            heartbeat.Request();
        }

        // Not awaited: restarting a consumer takes time, and cancellations wait behind this message.
        _ = watchdog.RunOnceAsync(context.Message.Untaken);
        return Task.CompletedTask;
    }
}
