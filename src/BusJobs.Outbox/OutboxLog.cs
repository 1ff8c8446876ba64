using Microsoft.Extensions.Logging;

namespace BusJobs.Outbox;

/// <summary>Events 6000 to 6099.</summary>
internal static partial class OutboxLog
{
    [LoggerMessage(6000, LogLevel.Information, "Relay {Relay} is up: it hands over the jobs of {Context}")]
    public static partial void RelayUp(this ILogger logger, Guid relay, string context);

    [LoggerMessage(6001, LogLevel.Warning, "{Loop} failed ({Failures} in a row); it goes on trying")]
    public static partial void LoopFailed(this ILogger logger, Exception exception, string loop, int failures);

    [LoggerMessage(6002, LogLevel.Information, "{Loop} works again after {Failures} failures")]
    public static partial void LoopRecovered(this ILogger logger, string loop, int failures);

    [LoggerMessage(6003, LogLevel.Warning, "This user may not make the trigger of the outbox, so commits wake no relay: it polls each {Interval}")]
    public static partial void NoTrigger(this ILogger logger, TimeSpan interval);

    [LoggerMessage(6010, LogLevel.Warning, "Outbox row {Position} is parked for {Delay}: {Reason}")]
    public static partial void RowParked(this ILogger logger, long position, TimeSpan delay, string reason);

    [LoggerMessage(6011, LogLevel.Warning, "{Jobs} jobs could not be handed over and are tried again in {Delay}: {Reason}")]
    public static partial void HandoverFailed(this ILogger logger, int jobs, TimeSpan delay, string reason);

    [LoggerMessage(6012, LogLevel.Warning, "No coordinator has answered for {Patience}: {Jobs} jobs are handed over again")]
    public static partial void Unanswered(this ILogger logger, TimeSpan patience, int jobs);

    [LoggerMessage(6013, LogLevel.Error, "OnRelayed failed for {Jobs} jobs; they are in the ledger all the same")]
    public static partial void HookFailed(this ILogger logger, Exception exception, int jobs);
}
