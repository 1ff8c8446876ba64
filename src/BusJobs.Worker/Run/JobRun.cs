using System.Diagnostics;
using BusJobs.Wire;

namespace BusJobs.Worker;

/// <summary>
/// One job of a held dispatch, from its arrival to its settlement: waiting, running, over. Whoever moves it to over settles it:
/// its own handler's return, the timer that gives the handler up, or whoever stops it while it still waits.
/// </summary>
internal sealed class JobRun(HeldDispatch pack, DispatchedJob job, HandlerEntry handler, RunSettings settings, QueueRunner runner)
{
    private const int Waiting = 0;
    private const int Running = 1;
    private const int Over = 2;

    private readonly CancellationTokenSource stopping = new();
    private readonly JobTries tries = new(pack, job, handler, settings);
    private readonly TimeSpan timeout = job.TimeoutMs is { } ms
        ? TimeSpan.FromMilliseconds(Math.Clamp(ms, 1, (long)Limits.MaxTimeout.TotalMilliseconds))
        : handler.Policy.Timeout;

    private int state;
    private int cause;
    private volatile bool hurried;
    private volatile bool warned;
    private long startedAt;
    private ITimer? deadline;

    public Guid JobId => job.Id;

    /// <summary>The jobs of its key that came with it; null when it came alone.</summary>
    public Chain? Chain { get; init; }

    public bool IsRunning => Volatile.Read(ref state) == Running;

    /// <returns>False when the handler was given up meanwhile, and another loop has taken the slot.</returns>
    public async ValueTask<bool> ExecuteAsync()
    {
        if (!TryMove(Waiting, Running))
        {
            return true;
        }

        startedAt = settings.Clock.GetTimestamp();
        Chain?.NoteBegun();
        deadline = settings.Clock.CreateTimer(static run => ((JobRun)run!).OnDeadline(), this, timeout, Timeout.InfiniteTimeSpan);
        if (hurried)
        {
            GiveGrace();
        }

        using var activity = JobActivity.Start(job, pack);
        var fault = await tries.RunAsync(stopping.Token);
        activity?.SetStatus(fault is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, fault?.GetType().Name);
        return Finish(fault, succeeded: fault is null);
    }

    /// <summary>Settles at once if it has not begun; otherwise fires its token.</summary>
    public void Stop(StopCause why)
    {
        if (StopIfWaiting(why))
        {
            return;
        }

        FireToken(why);
        // Where else the job may run, or how long the process may live, does not wait for a slow handler.
        if (why is StopCause.GivenBack or StopCause.LeaseLost && !hurried)
        {
            hurried = true;
            GiveGrace();
        }
    }

    /// <returns>Whether it had not begun.</returns>
    public bool StopIfWaiting(StopCause why)
    {
        if (!TryMove(Waiting, Over))
        {
            return false;
        }

        Settle(SettlementRules.Unstarted(job, why));
        return true;
    }

    /// <summary>Settles after a fault of the worker's own, so that no error can keep a dispatch open.</summary>
    public void Fail(Exception fault) => Finish(fault, succeeded: false);

    /// <summary>What the handler has reported since the last call; null when nothing is new.</summary>
    public JobProgress? TakeProgress() => IsRunning ? tries.TakeProgress() : null;

    private bool Finish(Exception? fault, bool succeeded)
    {
        if (!TryMove(Running, Over))
        {
            return false;
        }

        deadline?.Dispose();
        var duration = settings.Clock.GetElapsedTime(startedAt);
        var settlement = SettlementRules.Decide(
            new AttemptEnd
            {
                Job = job,
                Fault = fault,
                Succeeded = succeeded,
                Cause = (StopCause)Volatile.Read(ref cause),
                Timeout = timeout,
                Duration = duration,
                Jitter = succeeded ? 0 : settings.Jitter(),
                FollowUps = succeeded ? tries.FollowUps : null,
            },
            handler.Policy);
        settings.Metrics.Finished(pack.Kind, settlement.Ending, job.Attempt, duration);
        Settle(settlement);
        return true;
    }

    private void Settle(Settlement settlement)
    {
        if (Chain is null)
        {
            pack.Settle(settlement);
        }
        else
        {
            Chain.Settle(this, settlement);
        }
    }

    // First the token, then, when the grace is over, the slot.
    private void OnDeadline()
    {
        if (!warned)
        {
            FireToken(StopCause.TimedOut);
            GiveGrace();
        }
        else if (Finish(fault: null, succeeded: false))
        {
            // Its handler may run on for as long as it likes, and no other of its key beside it.
            Chain?.After(this, mayBegin: false);
            runner.Replace();
        }
    }

    private void GiveGrace()
    {
        warned = true;
        deadline?.Change(settings.Grace, Timeout.InfiniteTimeSpan);
    }

    // The callbacks on the token are the user's code: they run elsewhere, and what they throw is theirs.
    private void FireToken(StopCause why)
    {
        if (Interlocked.CompareExchange(ref cause, (int)why, (int)StopCause.None) == (int)StopCause.None && IsRunning)
        {
            _ = stopping.CancelAsync().ContinueWith(
                static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private bool TryMove(int from, int to) => Interlocked.CompareExchange(ref state, to, from) == from;
}
