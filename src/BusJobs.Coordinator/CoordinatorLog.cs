using BusJobs.Coordinator.Tracking;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator;

/// <summary>Events 3000 to 3099.</summary>
internal static partial class CoordinatorLog
{
    [LoggerMessage(3000, LogLevel.Warning, "{Loop} failed ({Failures} in a row); it goes on trying")]
    public static partial void LoopFailed(this ILogger logger, Exception exception, string loop, int failures);

    [LoggerMessage(3001, LogLevel.Information, "{Loop} works again after {Failures} failures")]
    public static partial void LoopRecovered(this ILogger logger, string loop, int failures);

    [LoggerMessage(3002, LogLevel.Information, "Waiting for the {Server}: {Reason}")]
    public static partial void WaitingFor(this ILogger logger, string server, string reason);

    [LoggerMessage(3003, LogLevel.Information, "Coordinator {Id} is up")]
    public static partial void Up(this ILogger logger, Guid id);

    [LoggerMessage(3010, LogLevel.Warning, "Dispatch {Dispatch} for queue {Queue} was refused by the broker and goes back to the ledger: {Reason}")]
    public static partial void DispatchReturned(this ILogger logger, Guid dispatch, string queue, string reason);

    [LoggerMessage(3011, LogLevel.Warning, "Dispatch {Dispatch} for queue {Queue} was not confirmed; if nobody has it, it will be reclaimed: {Reason}")]
    public static partial void DispatchUndecided(this ILogger logger, Guid dispatch, string queue, string reason);

    [LoggerMessage(3012, LogLevel.Warning, "Job {Job} is parked for {Delay}: {Reason}")]
    public static partial void JobParked(this ILogger logger, Guid job, TimeSpan delay, string reason);

    [LoggerMessage(3020, LogLevel.Warning, "A settlement message of dispatch {Dispatch} could not be written and is dropped; its jobs will be reclaimed")]
    public static partial void SettlementDropped(this ILogger logger, Exception exception, Guid dispatch);

    [LoggerMessage(3021, LogLevel.Information, "{Count} settlements came too late and changed nothing")]
    public static partial void StaleSettlements(this ILogger logger, int count);

    [LoggerMessage(3030, LogLevel.Information, "Worker {Name} ({Worker}) is here")]
    public static partial void WorkerCame(this ILogger logger, string name, Guid worker);

    [LoggerMessage(3031, LogLevel.Information, "Worker {Name} ({Worker}) said goodbye")]
    public static partial void WorkerLeft(this ILogger logger, string name, Guid worker);

    [LoggerMessage(3032, LogLevel.Warning, "Worker {Name} ({Worker}) has been silent for a lease and is taken for dead")]
    public static partial void WorkerDied(this ILogger logger, string name, Guid worker);

    [LoggerMessage(3033, LogLevel.Warning, "Reclaimed {Dispatches} dispatches ({Verdict}): {Ready} jobs ready again, {Dead} dead, {Cancelled} cancelled")]
    public static partial void Reclaimed(this ILogger logger, int dispatches, Verdict verdict, int ready, int dead, int cancelled);

    [LoggerMessage(3034, LogLevel.Error, "No pulse has come back for {Silence} although the bus says it is healthy; its consumers are restarted")]
    public static partial void PulseLost(this ILogger logger, TimeSpan silence);

    [LoggerMessage(3035, LogLevel.Debug, "What worker {Name} reported of its jobs' progress could not be kept; its next beat says it again")]
    public static partial void ProgressNotKept(this ILogger logger, Exception exception, string name);

    [LoggerMessage(3022, LogLevel.Warning, "A {Message} could not be passed on to the coordinators")]
    public static partial void WordLost(this ILogger logger, Exception exception, string message);

    [LoggerMessage(3040, LogLevel.Warning, "A copy of dead letter {Job} could not be sent to the broker; the ledger has it")]
    public static partial void CopyFailed(this ILogger logger, Exception exception, Guid job);

    [LoggerMessage(3050, LogLevel.Warning, "A message cannot become a job and is put aside: {Reason}")]
    public static partial void LetterUnfit(this ILogger logger, string reason);

    [LoggerMessage(3051, LogLevel.Error, "A message that cannot become a job could not be put aside either, and is dropped: {Reason}")]
    public static partial void UnfitLetterLost(this ILogger logger, Exception exception, string reason);
}
