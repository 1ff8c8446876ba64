using BusJobs.Wire;
using MassTransit;

namespace BusJobs.Worker;

/// <summary>Takes what is said to every worker, and what is said to this one.</summary>
/// <param name="drain">Begins a drain, and does not wait for its end; is given who asked.</param>
internal sealed class BroadcastConsumer(WorkerIdentity identity, HeldDispatches held, Heartbeat heartbeat, Watchdog watchdog, Action<string> drain)
    : IConsumer<CancelJobs>, IConsumer<PulseEcho>, IConsumer<DrainWorker>
{
    private static readonly TimeSpan FreshBeat = TimeSpan.FromSeconds(1);

    public Task Consume(ConsumeContext<CancelJobs> context)
    {
        held.Cancel(context.Message.JobIds);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<DrainWorker> context)
    {
        if (context.Message.WorkerId == identity.Id)
        {
            drain(context.Message.By);
        }

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
