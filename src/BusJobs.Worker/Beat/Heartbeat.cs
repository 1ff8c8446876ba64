using System.Diagnostics.CodeAnalysis;
using BusJobs.Bus;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>
/// Says that the worker lives and what it holds: every few seconds, and soon after something changed. It has a thread of its
/// own, so handlers that exhaust the thread pool do not delay the moment at which a lost lease is noticed.
/// </summary>
internal sealed class Heartbeat(
    BusOptions bus, Func<bool, WorkerBeat> write, Uplink uplink, Lease lease, HeldDispatches held, WorkerMetrics metrics, TimeProvider clock, ILogger logger)
    : IDisposable
{
    /// <summary>Between two beats at least, however often one is asked for.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(250);

    private readonly AutoResetEvent wanted = new(false);
    private readonly ManualResetEventSlim stopping = new(false);
    private Thread? thread;
    private bool confirmed = true;
    private long sentAt = clock.GetTimestamp();

    public TimeSpan SinceLast => clock.GetElapsedTime(Interlocked.Read(ref sentAt));

    /// <summary>Asks for a beat soon; cheap enough to be called for every dispatch.</summary>
    public void Request() => wanted.Set();

    public void Start()
    {
        if (thread is not null)
        {
            return;
        }

        thread = new Thread(Work) { IsBackground = true, Name = "busjobs heartbeat", Priority = ThreadPriority.AboveNormal };
        thread.UnsafeStart();
    }

    /// <summary>One beat, and the decision whether the lease still holds.</summary>
    public void RunOnce(bool goodbye)
    {
        var now = clock.GetTimestamp();
        Interlocked.Exchange(ref sentAt, now);
        if (TryPublish(write(goodbye)) && lease.Confirm(now))
        {
            logger.LeaseRegained();
        }

        var silence = lease.Silence;
        if (lease.TryLose())
        {
            metrics.LeaseLost();
            logger.LeaseLost(silence, held.ForgetAll());
        }
    }

    /// <summary>Ends the thread, then says goodbye.</summary>
    public void Stop()
    {
        if (stopping.IsSet)
        {
            return;
        }

        stopping.Set();
        wanted.Set();
        if (thread is not null)
        {
            thread.Join();
        }

        if (lease.IsHeld)
        {
            RunOnce(goodbye: true);
        }
    }

    public void Dispose()
    {
        Stop();
        wanted.Dispose();
        stopping.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "The loop outlives its errors.")]
    private void Work()
    {
        while (!stopping.IsSet)
        {
            try
            {
                RunOnce(goodbye: false);
            }
            catch (Exception exception)
            {
                logger.HeartbeatFailed(exception);
            }

            if (!stopping.Wait(Gap < bus.BeatInterval ? Gap : bus.BeatInterval))
            {
                wanted.WaitOne(bus.BeatInterval);
            }
        }
    }

    // The broker may be away, and a publish then hangs: it gets one interval, and the next beat is the next try.
    [SuppressMessage("Design", "CA1031", Justification = "Whatever the broker's fault is, the beat is not confirmed.")]
    private bool TryPublish(WorkerBeat beat)
    {
        using var patience = new CancellationTokenSource();
        Exception? fault = null;
        try
        {
            var publish = uplink.Beat(beat, patience.Token);
            if (publish.Wait(bus.BeatInterval, patience.Token))
            {
                return confirmed = true;
            }

            patience.Cancel();
            _ = publish.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
        catch (Exception exception)
        {
            fault = exception;
        }

        if (confirmed)
        {
            logger.BeatUnconfirmed(fault);
        }

        return confirmed = false;
    }
}
