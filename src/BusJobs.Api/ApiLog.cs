using Microsoft.Extensions.Logging;

namespace BusJobs.Api;

/// <summary>Events 5000 to 5099.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(5000, LogLevel.Warning, "The ledger could not answer a request")]
    public static partial void DatabaseAway(this ILogger logger, Exception exception);

    [LoggerMessage(5001, LogLevel.Error, "A request met a fault that nobody foresaw")]
    public static partial void Unforeseen(this ILogger logger, Exception exception);

    [LoggerMessage(5002, LogLevel.Warning, "A group of {Jobs} jobs could not be committed as one; it is divided")]
    public static partial void GroupDivided(this ILogger logger, Exception exception, int jobs);

    [LoggerMessage(5003, LogLevel.Information, "The beats of workers cannot be heard; the next try is soon")]
    public static partial void NotHearing(this ILogger logger, Exception exception);

    [LoggerMessage(5004, LogLevel.Information, "The charts of the dashboard have a gap: {Reason}")]
    public static partial void NoSample(this ILogger logger, string reason);

    [LoggerMessage(5005, LogLevel.Warning, "A ramped redrive could not go on")]
    public static partial void RampFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5010, LogLevel.Information, "API key {Id} ({Name}) was made by sign-in")]
    public static partial void KeyMade(this ILogger logger, string id, string name);

    [LoggerMessage(5011, LogLevel.Information, "Schedule {Id} was {What} by {Key}")]
    public static partial void ScheduleChanged(this ILogger logger, string id, string what, string key);

    [LoggerMessage(5012, LogLevel.Information, "Calendar {Name} was {What} by {Key}")]
    public static partial void CalendarChanged(this ILogger logger, string name, string what, string key);

    [LoggerMessage(5013, LogLevel.Information, "Service {Name} was run by {Key}")]
    public static partial void ServiceRun(this ILogger logger, string name, string key);
}
