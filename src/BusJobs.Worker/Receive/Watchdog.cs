using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>
/// Finds consumers that died without a word: MassTransit can leave a process connected, with no consumer and no error. A
/// coordinator tells how long dispatches wait untaken; a worker that is free, yet gets none of them, is deaf.
/// </summary>
internal sealed class Watchdog(
    IReadOnlyList<WorkQueue> queues, HeldDispatches held, Drain drain, TimeSpan patience, WorkerMetrics metrics, ILogger logger, CancellationToken leaving)
{
    private const int MaxFruitless = 3;

    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>The queue that stays deaf however often its consumer is restarted; null while all is well.</summary>
    public string? Deaf => queues.FirstOrDefault(queue => queue.FruitlessRestarts > MaxFruitless)?.Name;

    /// <param name="untaken">By queue, for how many milliseconds the oldest dispatch has been waiting.</param>
    public async Task RunOnceAsync(IReadOnlyDictionary<string, long> untaken)
    {
        if (untaken.Count == 0 || drain.HasBegun || !await turn.WaitAsync(TimeSpan.Zero, leaving))
        {
            return;
        }

        try
        {
            foreach (var queue in queues)
            {
                if (queue.Restart is not null && untaken.TryGetValue(queue.Name, out var ms) && IsDeaf(queue, TimeSpan.FromMilliseconds(ms)))
                {
                    await RestartAsync(queue, TimeSpan.FromMilliseconds(ms));
                }
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private bool IsDeaf(WorkQueue queue, TimeSpan waiting) =>
        waiting > patience && queue.Silence > patience && queue.Runner.HasFreeSlot && !held.HoldsAnyOf(queue.Name);

    [SuppressMessage("Design", "CA1031", Justification = "The broker may be away; the next pulse is the next try.")]
    private async Task RestartAsync(WorkQueue queue, TimeSpan waiting)
    {
        queue.NoteRestart();
        metrics.EndpointRestarted(queue.Name);
        logger.ConsumerDead(queue.Name, waiting);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(leaving);
            limit.CancelAfter(patience);
            await queue.Restart!(limit.Token);
        }
        catch (Exception exception) when (!leaving.IsCancellationRequested)
        {
            logger.RestartFailed(exception, queue.Name);
        }
    }
}
