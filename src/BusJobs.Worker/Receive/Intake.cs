using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>What becomes of a dispatch on its arrival: run, handed back, or only noted.</summary>
internal sealed class Intake(
    WorkerIdentity identity,
    HandlerTable handlers,
    HeldDispatches held,
    Lease lease,
    Heartbeat heartbeat,
    SettlementFlush flush,
    PatientSender sender,
    Uplink uplink,
    RunSettings settings,
    TimeSpan earlyAck,
    ILogger logger)
{
    private static readonly TimeSpan ChainPatience = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns when the broker may forget the message, or when it has taken it back.</summary>
    /// <param name="cancellationToken">Fires when the delivery can no longer be acknowledged.</param>
    public async Task ReceiveAsync(WorkQueue queue, Dispatch dispatch, bool redelivered, CancellationToken cancellationToken)
    {
        queue.NoteDelivery();
        if (dispatch.Jobs.Count == 0 || held.Holds(dispatch.Id))
        {
            queue.NoteSeen(dispatch.Sequence);
            return;
        }

        if (redelivered)
        {
            await HandBackAsync(queue, dispatch, cancellationToken);
            return;
        }

        var pack = new HeldDispatch(dispatch);
        if (held.TryAdd(pack))
        {
            queue.NoteSeen(dispatch.Sequence);
            await RunAsync(queue, dispatch, pack, cancellationToken);
        }
    }

    // Whoever had it first may be running it still; only a coordinator can tell.
    private async Task HandBackAsync(WorkQueue queue, Dispatch dispatch, CancellationToken cancellationToken)
    {
        queue.NoteSeen(dispatch.Sequence);
        settings.Metrics.HandedBack(queue.Name);
        logger.HandedBack(dispatch.Id);
        var message = new HandedBack { DispatchId = dispatch.Id, WorkerId = identity.Id };
        await sender.SendAsync(dispatch.Id, token => uplink.HandBack(message, token), cancellationToken);
    }

    private async Task RunAsync(WorkQueue queue, Dispatch dispatch, HeldDispatch pack, CancellationToken cancellationToken)
    {
        heartbeat.Request();
        var settled = RunToEndAsync(queue, dispatch, pack);
        try
        {
            await settled.WaitAsync(earlyAck, settings.Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The broker would cut the consumer's channel for holding a message too long. Beats keep what runs; what still
            // waits goes back, so that a worker never hoards more than its prefetch.
            foreach (var run in pack.Runs)
            {
                run.StopIfWaiting(StopCause.GivenBack);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The channel is gone. MassTransit gives the queue no new consumer before this one has returned; beats keep the
            // dispatch, and whoever gets the message next hands it back.
        }
    }

    private async Task RunToEndAsync(WorkQueue queue, Dispatch dispatch, HeldDispatch pack)
    {
        try
        {
            // Without a lease a coordinator may give the same jobs to somebody else at any moment.
            await lease.Held.WaitAsync(pack.Forgotten);
            Begin(queue, dispatch, pack);
            await flush.RunAsync(pack);
        }
        catch (OperationCanceledException) when (pack.Forgotten.IsCancellationRequested)
        {
            // Forgotten before it began.
        }
        finally
        {
            held.Leave(pack);
        }
    }

    private void Begin(WorkQueue queue, Dispatch dispatch, HeldDispatch pack)
    {
        if (handlers.Find(dispatch.Kind) is { } handler)
        {
            pack.Runs = Runs(queue, dispatch, pack, handler);
            queue.Runner.Add([.. pack.Runs.Where((_, place) => !dispatch.Jobs[place].Follows)]);
            if (pack.Forgotten.IsCancellationRequested)
            {
                // The lease went between the question and this line.
                pack.Stop(StopCause.LeaseLost);
            }

            return;
        }

        foreach (var job in dispatch.Jobs)
        {
            pack.Settle(SettlementRules.Unknown(job, dispatch.Kind, identity.Name));
        }
    }

    private List<JobRun> Runs(WorkQueue queue, Dispatch dispatch, HeldDispatch pack, HandlerEntry handler)
    {
        var runs = new List<JobRun>(dispatch.Jobs.Count);
        Chain? chain = null;
        for (var place = 0; place < dispatch.Jobs.Count; place++)
        {
            var leads = place + 1 < dispatch.Jobs.Count && dispatch.Jobs[place + 1].Follows;
            chain = dispatch.Jobs[place].Follows ? chain : leads ? new Chain(pack, ChainPatience, settings.Clock) : null;
            var run = new JobRun(pack, dispatch.Jobs[place], handler, settings, queue.Runner) { Chain = chain };
            chain?.Add(run);
            runs.Add(run);
        }

        return runs;
    }
}
