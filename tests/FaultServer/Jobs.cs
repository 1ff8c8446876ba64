using System.Diagnostics;

namespace BusJobs.FaultServer;

/// <summary>Leaves a mark, after a millisecond that stands for work.</summary>
[JobKind("fault.count")]
public sealed record Count(int Number);

/// <summary>Leaves a mark, then takes its time; gives way when it is told to.</summary>
[JobKind("fault.sleep")]
public sealed record Sleep(int Milliseconds);

/// <summary>Leaves a mark; the deadly one then kills the process that runs it.</summary>
[JobKind("fault.die")]
public sealed record Die(bool Deadly);

internal sealed class CountHandler(Marks marks, TimeProvider clock) : IJobHandler<Count>
{
    public async Task HandleAsync(Count job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        marks.NoteRun(attempt);
        await Task.Delay(TimeSpan.FromMilliseconds(1), clock, cancellationToken);
    }
}

internal sealed class SleepHandler(Marks marks, TimeProvider clock) : IJobHandler<Sleep>
{
    public Task HandleAsync(Sleep job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        marks.NoteRun(attempt);
        return Task.Delay(TimeSpan.FromMilliseconds(job.Milliseconds), clock, cancellationToken);
    }
}

internal sealed class DieHandler(Marks marks) : IJobHandler<Die>
{
    public Task HandleAsync(Die job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        marks.NoteRun(attempt);
        if (job.Deadly)
        {
            // SIGKILL: nothing of this process gets to say a last word.
            Process.GetCurrentProcess().Kill();
        }

        return Task.CompletedTask;
    }
}
