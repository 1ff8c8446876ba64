using Microsoft.Extensions.Logging;

namespace BusJobs.Bus;

/// <summary>Events 2000 to 2099.</summary>
internal static partial class BusLog
{
    [LoggerMessage(2000, LogLevel.Information, "Waiting for RabbitMQ at {Host}:{Port}")]
    public static partial void WaitingForBroker(this ILogger logger, string host, int port);

    [LoggerMessage(2001, LogLevel.Information, "RabbitMQ is there")]
    public static partial void BrokerCame(this ILogger logger);
}
