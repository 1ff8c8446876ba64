using Microsoft.Extensions.Logging;

namespace BusJobs.Scheduling;

/// <summary>Events 6000 to 6099.</summary>
internal static partial class SchedulingLog
{
    [LoggerMessage(6000, LogLevel.Error, "Schedule {Schedule} is paused, because it cannot be read any more: {Reason}")]
    public static partial void ScheduleUnreadable(this ILogger logger, string schedule, string reason);

    [LoggerMessage(6001, LogLevel.Warning, "The door turned away the job of schedule {Schedule} for {NominalAt}")]
    public static partial void FireRefused(this ILogger logger, string schedule, DateTimeOffset nominalAt);

    [LoggerMessage(6002, LogLevel.Information, "Schedule {Schedule} is removed: {Source} declares it no more")]
    public static partial void DeclarationGone(this ILogger logger, string schedule, string source);

    [LoggerMessage(6003, LogLevel.Error, "The declaration of '{Name}' is left out: {Reason}")]
    public static partial void DeclarationRefused(this ILogger logger, string name, string reason);

    [LoggerMessage(6010, LogLevel.Warning, "Service {Service} failed; it is tried again in {Pause}")]
    public static partial void ServiceFailed(this ILogger logger, Exception exception, string service, TimeSpan pause);

    [LoggerMessage(6011, LogLevel.Warning, "Service {Service} was given {Timeout} and is cancelled; it is tried again in {Pause}")]
    public static partial void ServiceTimedOut(this ILogger logger, string service, TimeSpan timeout, TimeSpan pause);

    [LoggerMessage(6012, LogLevel.Information, "Service {Service}: {Did}")]
    public static partial void ServiceDid(this ILogger logger, string service, string did);

    [LoggerMessage(6013, LogLevel.Information, "Waiting for the database: {Reason}")]
    public static partial void WaitingForDatabase(this ILogger logger, string reason);

    [LoggerMessage(6014, LogLevel.Information, "The clock is up: {Clock}")]
    public static partial void ClockUp(this ILogger logger, string clock);

    [LoggerMessage(6015, LogLevel.Information, "The lead of the services was not given up before the end: {Reason}")]
    public static partial void NotReleased(this ILogger logger, string reason);

    [LoggerMessage(6016, LogLevel.Warning, "Somebody has changed rows of jobs past the ledger: {Did}")]
    public static partial void TallyMended(this ILogger logger, string did);
}
