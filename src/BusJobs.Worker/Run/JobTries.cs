using System.Diagnostics.CodeAnalysis;
using BusJobs.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Worker;

/// <summary>Calls the handler of one job: once, and again within the attempt where the policy says so.</summary>
internal sealed class JobTries(HeldDispatch pack, DispatchedJob job, HandlerEntry handler, RunSettings settings)
{
    private JobAttempt? latest;
    private JobProgress? told;

    public IReadOnlyList<NewJob>? FollowUps => latest?.FollowUps;

    /// <summary>What the handler has reported since the last call; null when nothing is new.</summary>
    public JobProgress? TakeProgress()
    {
        var progress = Volatile.Read(ref latest)?.Progress;
        return ReferenceEquals(Interlocked.Exchange(ref told, progress), progress) ? null : progress;
    }

    /// <returns>What the last try threw; null when it returned.</returns>
    public async ValueTask<Exception?> RunAsync(CancellationToken cancellationToken)
    {
        for (var left = handler.Policy.InProcessRetries; ; left--)
        {
            var fault = await TryOnceAsync(cancellationToken);
            if (left == 0 || cancellationToken.IsCancellationRequested
                || fault is null or PermanentJobException or SnoozeJobException or MalformedPayloadException)
            {
                return fault;
            }

            await Task.Delay(handler.Policy.InProcessDelay, settings.Clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The one catch around the user's handler: whatever it throws becomes a settlement.")]
    private async ValueTask<Exception?> TryOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Each try has its own scope and follow-ups: what a failed one left behind must not leak into the next.
            var scope = settings.Scopes.CreateAsyncScope();
            await using (scope)
            {
                var attempt = NewAttempt();
                Volatile.Write(ref latest, attempt);
                await handler.InvokeAsync(scope.ServiceProvider, job.Payload, attempt, cancellationToken);
            }

            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private JobAttempt NewAttempt() => new(settings.Clock)
    {
        JobId = job.Id,
        Kind = pack.Kind,
        Queue = pack.Queue,
        Number = job.Attempt,
        MaxAttempts = job.MaxAttempts ?? handler.Policy.MaxAttempts,
        Fence = job.Fence,
        Tenant = job.Tenant,
    };
}
