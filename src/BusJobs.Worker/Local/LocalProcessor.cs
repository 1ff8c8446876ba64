using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>
/// Runs small work of this process in the background, in the order in which it was scheduled, and not again while another instance has
/// done it lately. Its queue lies in memory and grows as long as it is fed: senders are never blocked, and what waits is lost with the
/// process. Watch <see cref="QueueLength"/> and <see cref="OldestAge"/>; work that must not be lost is a job.
/// </summary>
/// <typeparam name="T">What the work needs to know.</typeparam>
public sealed class LocalProcessor<T> : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Channel<Item> waiting = Channel.CreateUnbounded<Item>();
    private readonly ConcurrentDictionary<string, bool> here = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();
    private readonly LocalMetrics metrics;
    private readonly string scope;
    private readonly IJobKeys keys;
    private readonly Func<string, T, CancellationToken, Task> handle;
    private readonly ILogger logger;
    private readonly TimeProvider clock;
    private readonly Lazy<Task> running;

    /// <param name="scope">Whose keys these are on all instances: a name like that of a kind.</param>
    /// <param name="keys">What instances tell each other by: both ledgers have one.</param>
    /// <param name="handle">The work: its key, its argument, and a token that fires when a drain's deadline is over.</param>
    /// <param name="clock">What ages and pauses go by.</param>
    /// <param name="slots">How many run at once, 1 to 1,024. Default: 1.</param>
    /// <exception cref="ArgumentNullException">A part is missing, the logger among them: a failure that nobody is told of is none that anybody mends.</exception>
    /// <exception cref="JobRefusedException">The scope is not a name.</exception>
    public LocalProcessor(string scope, IJobKeys keys, Func<string, T, CancellationToken, Task> handle, ILogger logger, TimeProvider clock, int slots = 1)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, WorkerOptions.MaxSlots);
        (this.scope, this.keys, this.handle, this.logger, this.clock) = (Names.Check("scope", scope), keys, handle, logger, clock);
        metrics = new LocalMetrics(scope, () => QueueLength, () => OldestAge);
        running = new Lazy<Task>(() => Task.WhenAll(Enumerable.Range(0, slots).Select(_ => Task.Run(RunAsync, CancellationToken.None))));
    }

    /// <summary>How much waits.</summary>
    public int QueueLength => waiting.Reader.Count;

    /// <summary>How long the first in the queue has been waiting; zero when it is empty.</summary>
    public TimeSpan OldestAge => waiting.Reader.TryPeek(out var first) ? clock.GetElapsedTime(first.ScheduledAt) : TimeSpan.Zero;

    /// <summary>How many runs have thrown. Each is logged; the next in the queue runs all the same.</summary>
    public long Failures => metrics.Failures;

    /// <summary>Queues the work and returns at once.</summary>
    /// <param name="key">What makes it the same as other work of the scope; 1 to 200 characters.</param>
    /// <param name="remoteBackoff">
    /// For how long after a run, here or on another instance, it is passed over when its turn comes; a run that failed counts. Zero: it
    /// is run whenever it is scheduled.
    /// </param>
    /// <param name="arg">What the work needs to know.</param>
    /// <returns>False when the key waits or runs here already, or a drain has begun: nothing was queued.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The backoff is negative.</exception>
    public bool Schedule(string key, TimeSpan remoteBackoff, T arg)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(remoteBackoff, TimeSpan.Zero);
        if (!here.TryAdd(key, value: true))
        {
            return false;
        }

        if (waiting.Writer.TryWrite(new Item(key, remoteBackoff, arg, clock.GetTimestamp())))
        {
            return true;
        }

        here.TryRemove(key, out _);
        return false;
    }

    /// <summary>Frees every key of the scope: what is scheduled next runs, whoever has run it lately.</summary>
    public Task BumpGenerationAsync(CancellationToken cancellationToken) => keys.BumpGenerationAsync(scope, cancellationToken);

    /// <summary>Begins to run what is scheduled. Calling it again changes nothing.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = running.Value;
        return Task.CompletedTask;
    }

    /// <summary>Drains for as long as the host waits.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await DrainAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!running.Value.IsCompleted)
        {
            logger.LocalDrainOver(scope, QueueLength);
            await stopping.CancelAsync();
        }
    }

    /// <summary>Takes no more, and returns once everything that waits has run. Calling it again, also at the same time, drains once.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up; the drain goes on.</exception>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        waiting.Writer.TryComplete();
        return running.Value.WaitAsync(cancellationToken);
    }

    /// <summary>As <see cref="DrainAsync(CancellationToken)"/>, but what has not run at the deadline is given up.</summary>
    /// <returns>True when everything has run, however often it is asked.</returns>
    /// <exception cref="OperationCanceledException">The wait was given up; the drain goes on.</exception>
    public async Task<bool> DrainAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        waiting.Writer.TryComplete();
        try
        {
            await running.Value.WaitAsync(deadline, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            logger.LocalDrainOver(scope, QueueLength);
            await stopping.CancelAsync();
        }

        return !stopping.IsCancellationRequested;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        waiting.Writer.TryComplete();
        await running.Value;
        metrics.Dispose();
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested && await waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (waiting.Reader.TryRead(out var item))
            {
                await RunAsync(item);
                here.TryRemove(item.Key, out _);
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Around the user's work: whatever it throws is logged and counted, and the next in the queue runs.")]
    private async Task RunAsync(Item item)
    {
        try
        {
            if (await MayRunAsync(item))
            {
                await handle(item.Key, item.Arg, stopping.Token);
                metrics.Ran();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Given up by a drain, which has said so.
        }
        catch (Exception exception)
        {
            metrics.Failed();
            logger.LocalRunFailed(exception, scope, item.Key);
        }
    }

    /// <summary>
    /// While the keys cannot be asked the queue waits: every instance would run everything otherwise, and just when the database is weak.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever keeps the keys away, the next try is the answer to it.")]
    private async Task<bool> MayRunAsync(Item item)
    {
        if (item.RemoteBackoff == TimeSpan.Zero)
        {
            return true;
        }

        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var free = await keys.HoldAsync(scope, item.Key, item.RemoteBackoff, stopping.Token);
                metrics.Asked(free);
                return free;
            }
            catch (Exception exception) when (exception is not JobRefusedException && !stopping.IsCancellationRequested)
            {
                logger.LocalKeysAway(exception, scope, pause);
            }

            await Task.Delay(pause, clock, stopping.Token);
        }
    }

    private sealed record Item(string Key, TimeSpan RemoteBackoff, T Arg, long ScheduledAt);
}
