using System.Text;
using BusJobs.Wire;

namespace BusJobs.Worker;

/// <summary>The one place where what happened in an attempt becomes a settlement. Pure.</summary>
internal static class SettlementRules
{
    /// <summary>What must fit into one message beside its payloads, far below the broker's smallest default limit (16 MiB).</summary>
    public const int MaxFollowUpBytes = 4 * 1024 * 1024;

    // A cancelled handler may throw anything while it gives way, so the token's cause is asked before the exception's type.
    public static Settlement Decide(in AttemptEnd end, JobPolicy policy) => end switch
    {
        { Succeeded: true } => Complete(end),
        { Fault: MalformedPayloadException malformed } => Dead(end, malformed.Message),
        { Cause: StopCause.GivenBack or StopCause.LeaseLost } => New(end, Ending.Released, "The worker gave it back before it was done."),
        { Cause: StopCause.Cancelled } => New(end, Ending.Cancelled, "Cancelled by an operator while it was running."),
        { Cause: StopCause.TimedOut } => Again(end, policy, $"timed out after {end.Timeout.TotalSeconds:0.###} s"),
        { Fault: SnoozeJobException snooze } => New(end, Ending.Snoozed, ReasonText.Cut(snooze.Message)) with { DelayMs = Milliseconds(snooze.Delay) },
        { Fault: PermanentJobException permanent } => Dead(end, ReasonText.Of(permanent)),
        _ => Again(end, policy, end.Fault is null ? "The handler never returned." : ReasonText.Of(end.Fault)),
    };

    /// <summary>For a job whose handler never began.</summary>
    public static Settlement Unstarted(DispatchedJob job, StopCause cause) => cause == StopCause.Cancelled
        ? new Settlement(job.Id, job.Fence, Ending.Cancelled) { Reason = "Cancelled by an operator before it began." }
        : new Settlement(job.Id, job.Fence, Ending.Released) { Reason = "The worker gave it back unstarted." };

    public static Settlement Unknown(DispatchedJob job, string kind, string worker) =>
        new(job.Id, job.Fence, Ending.UnknownKind) { Reason = ReasonText.Cut($"The worker '{worker}' has no handler for the kind '{kind}'.") };

    private static Settlement Complete(in AttemptEnd end)
    {
        if (end.FollowUps is not { Count: > 0 } followUps)
        {
            return New(end, Ending.Completed, reason: null);
        }

        var size = followUps.Sum(job => (long)Encoding.UTF8.GetByteCount(job.Payload));
        return size > MaxFollowUpBytes
            ? Dead(end, $"Its {followUps.Count:N0} follow-up jobs hold {size:N0} bytes; at most {MaxFollowUpBytes:N0} fit in one settlement.")
            : New(end, Ending.Completed, reason: null) with { FollowUps = [.. followUps] };
    }

    private static Settlement Again(in AttemptEnd end, JobPolicy policy, string reason) =>
        end.Job.Attempt < (end.Job.MaxAttempts ?? policy.MaxAttempts)
            ? New(end, Ending.RetryAt, reason) with { DelayMs = Milliseconds(policy.Backoff.DelayAfter(end.Job.Attempt, end.Jitter)) }
            : Dead(end, reason);

    private static Settlement Dead(in AttemptEnd end, string reason) => New(end, Ending.DeadLettered, ReasonText.Cut(reason));

    private static Settlement New(in AttemptEnd end, Ending ending, string? reason) => new(end.Job.Id, end.Job.Fence, ending)
    {
        Reason = reason,
        DurationMs = (int)Math.Clamp(end.Duration.TotalMilliseconds, 0, int.MaxValue),
    };

    private static long Milliseconds(TimeSpan delay) => (long)Math.Ceiling(delay.TotalMilliseconds);
}
