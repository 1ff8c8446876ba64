namespace BusJobs.IntegrationTests.Worker;

/// <summary>A job that does as it is told.</summary>
[JobKind("test.probe", Queue = "work")]
internal sealed record Probe(string Do);

/// <summary>How a test and its jobs meet.</summary>
internal sealed class Signals
{
    private int started;

    /// <summary>How many handlers have begun to wait.</summary>
    public SemaphoreSlim Started { get; } = new(0);

    /// <summary>How many waiting handlers were told to stop.</summary>
    public SemaphoreSlim Stopped { get; } = new(0);

    /// <summary>What waiting handlers wait for.</summary>
    public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Runs => Volatile.Read(ref started);

    public void Count() => Interlocked.Increment(ref started);
}

internal sealed class ProbeHandler(Signals signals) : IJobHandler<Probe>
{
    public async Task HandleAsync(Probe job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        signals.Count();
        switch (job.Do)
        {
            case "throw": throw new InvalidOperationException("no luck");
            case "die": throw new PermanentJobException("never");
            case "snooze": throw new SnoozeJobException(TimeSpan.FromMinutes(3));
            case "follow":
                attempt.FollowUp(new Probe("ok"));
                break;
            case "wait":
                attempt.ReportProgress(42, "waiting");
                await using (cancellationToken.Register(() => signals.Stopped.Release()))
                {
                    signals.Started.Release();
                    await signals.Release.Task.WaitAsync(cancellationToken);
                }

                break;
            case "ignore":
                signals.Started.Release();
                await signals.Release.Task;
                break;
            case "block":
                signals.Started.Release();
                signals.Release.Task.Wait(CancellationToken.None);
                break;
            default:
                break;
        }
    }
}
