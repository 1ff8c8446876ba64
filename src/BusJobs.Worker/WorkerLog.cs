using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

internal static partial class WorkerLog
{
    [LoggerMessage(3001, LogLevel.Information, "Worker {Worker} serves {Queues}; it has handlers for {Kinds}")]
    public static partial void WorkerReady(this ILogger logger, string worker, string queues, string kinds);

    [LoggerMessage(3002, LogLevel.Warning, "The worker cannot connect; next try in {Pause}")]
    public static partial void ConnectFailed(this ILogger logger, Exception exception, TimeSpan pause);

    [LoggerMessage(3003, LogLevel.Information, "Draining: no new jobs are begun")]
    public static partial void Draining(this ILogger logger);

    [LoggerMessage(3004, LogLevel.Warning, "The drain's time is over: {Jobs} running jobs are given back")]
    public static partial void DrainOver(this ILogger logger, int jobs);

    [LoggerMessage(3005, LogLevel.Error, "A job of queue {Queue} failed outside its handler")]
    public static partial void RunFailed(this ILogger logger, Exception exception, string queue);

    [LoggerMessage(3006, LogLevel.Error, "A dispatch of queue {Queue} failed on receipt; it is dispatched again after a lease")]
    public static partial void ReceiveFailed(this ILogger logger, Exception exception, string queue);

    [LoggerMessage(3007, LogLevel.Information, "Dispatch {DispatchId} had been delivered before; it is handed back, not run")]
    public static partial void HandedBack(this ILogger logger, Guid dispatchId);

    [LoggerMessage(3008, LogLevel.Warning, "What became of dispatch {DispatchId} is not confirmed by the broker yet; next try in {Pause}")]
    public static partial void Unconfirmed(this ILogger logger, Exception exception, Guid dispatchId, TimeSpan pause);

    [LoggerMessage(3009, LogLevel.Warning, "A beat was not confirmed")]
    public static partial void BeatUnconfirmed(this ILogger logger, Exception? exception);

    [LoggerMessage(3010, LogLevel.Error, "No beat was confirmed for {Silence}: the lease is lost, {Dispatches} dispatches are cancelled and left to be dispatched again")]
    public static partial void LeaseLost(this ILogger logger, TimeSpan silence, int dispatches);

    [LoggerMessage(3011, LogLevel.Information, "The broker confirms the worker's beats: it takes work")]
    public static partial void LeaseRegained(this ILogger logger);

    [LoggerMessage(3012, LogLevel.Error, "Queue {Queue} has had dispatches waiting for {Waiting} and this worker, which is free, receives none: its consumer is dead and is restarted")]
    public static partial void ConsumerDead(this ILogger logger, string queue, TimeSpan waiting);

    [LoggerMessage(3013, LogLevel.Error, "Restarting the consumer of queue {Queue} failed")]
    public static partial void RestartFailed(this ILogger logger, Exception exception, string queue);

    [LoggerMessage(3014, LogLevel.Warning, "The consumer of queue {Queue} did not stop in time")]
    public static partial void EndpointStopFailed(this ILogger logger, Exception exception, string queue);

    [LoggerMessage(3015, LogLevel.Error, "The heartbeat failed; it goes on")]
    public static partial void HeartbeatFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3016, LogLevel.Error, "Local work {Key} of {Scope} failed; the next in its queue runs")]
    public static partial void LocalRunFailed(this ILogger logger, Exception exception, string scope, string key);

    [LoggerMessage(3017, LogLevel.Warning, "The keys of {Scope} cannot be asked, so its local work waits; next try in {Pause}")]
    public static partial void LocalKeysAway(this ILogger logger, Exception exception, string scope, TimeSpan pause);

    [LoggerMessage(3018, LogLevel.Warning, "The drain's time is over: {Waiting} pieces of local work of {Scope} are given up")]
    public static partial void LocalDrainOver(this ILogger logger, string scope, int waiting);

    [LoggerMessage(3019, LogLevel.Information, "{By} asks this worker to drain: it takes work again when it is started anew")]
    public static partial void DrainAsked(this ILogger logger, string by);
}
