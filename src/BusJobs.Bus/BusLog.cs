using Microsoft.Extensions.Logging;

namespace BusJobs.Bus;

/// <summary>Events 2000 to 2099.</summary>
internal static partial class BusLog
{
    [LoggerMessage(2000, LogLevel.Information, "Waiting for RabbitMQ at {Host}:{Port}")]
    public static partial void WaitingForBroker(this ILogger logger, string host, int port);

    [LoggerMessage(2001, LogLevel.Information, "RabbitMQ is there")]
    public static partial void BrokerCame(this ILogger logger);

    [LoggerMessage(2002, LogLevel.Error, "The certificate of RabbitMQ at {Host}:{Port} is refused: {Reason}")]
    public static partial void BrokerNotTrusted(this ILogger logger, string host, int port, string reason);

    [LoggerMessage(2010, LogLevel.Error, "Queue {Queue} has had no consumer for {Missing} although the broker takes messages; it is given a new one")]
    public static partial void ConsumerMissed(this ILogger logger, string queue, TimeSpan missing);

    [LoggerMessage(2011, LogLevel.Warning, "Queue {Queue} did not get its new consumer yet")]
    public static partial void ConsumerNotBack(this ILogger logger, Exception exception, string queue);

    [LoggerMessage(2012, LogLevel.Error, "RabbitMQ refuses the queue {Queue}: {Reason}")]
    public static partial void QueueRefused(this ILogger logger, string queue, string reason);

    [LoggerMessage(2013, LogLevel.Error, "RabbitMQ gives new connections, and yet no message of this process has been confirmed for {Unconfirmed}: its bus is made anew")]
    public static partial void BusLost(this ILogger logger, TimeSpan unconfirmed);

    [LoggerMessage(2014, LogLevel.Warning, "The new bus is not connected yet")]
    public static partial void BusNotBack(this ILogger logger, Exception exception);
}
