using System.Data.Common;
using System.Threading.Channels;
using BusJobs.Coordinator.Dispatching;
using BusJobs.Coordinator.Tracking;
using BusJobs.Ledger;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Coordinator.Settling;

/// <summary>
/// Writes settlements: takes whatever is waiting into one batch, so that batches grow with the load and a lone settlement
/// waits for nobody. Under load it gathers for a moment first, because what a batch costs is mostly its commit. A message whose
/// follow-ups have unique keys is written alone, beside the others: it may have to wait until a rival, in a transaction of somebody else, has ended.
/// </summary>
internal sealed class Settler(
    ILedger ledger, WorkerTracker workers, Pace pace, Signal room, DeadLetterCopies copies,
    IOptions<CoordinatorOptions> options, TimeProvider clock, ILogger<Settler> logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Batches that are written at once are in each other's way: one more is written beside another only after so long.</summary>
    private static readonly TimeSpan LongWrite = TimeSpan.FromMilliseconds(250);

    /// <summary>Jobs in a batch after which the next one gathers.</summary>
    private const int Many = 100;

    /// <summary>Messages whose follow-ups may wait for rivals of their keys at once.</summary>
    private const int KeyedLoops = 4;

    private readonly Channel<Waiting> incoming = Channel.CreateUnbounded<Waiting>();
    private readonly Channel<Waiting> keyed = Channel.CreateUnbounded<Waiting>();
    private readonly Lock taking = new();
    private readonly List<Task> underway = [];
    private readonly ILogger logger = logger;
    private volatile bool busy;

    /// <summary>Settlements that came too late, since the start of this coordinator.</summary>
    public long StaleCount { get; private set; }

    /// <summary>Returns once the message's settlements are in the ledger.</summary>
    public Task SettleAsync(Settled message)
    {
        var resolved = Resolve(message);
        return EnterAsync(resolved, resolved.Jobs.Any(job => job.FollowUps?.Any(followUp => followUp.Unique is not null) == true) ? keyed : incoming);
    }

    /// <summary>
    /// Returns once everything that came before has been written, but for messages with keys: a pulse that waited for a stranger's transaction
    /// would keep the coordinator from dispatching. Should one wait for longer than a lease, its jobs may run again.
    /// </summary>
    public Task PassAsync() => EnterAsync(message: null, incoming);

    /// <summary>Writes messages with keys, each alone.</summary>
    public Task RunKeyedAsync(CancellationToken stopping) => Task.WhenAll(Enumerable.Range(0, KeyedLoops).Select(async _ =>
    {
        await foreach (var waiting in keyed.Reader.ReadAllAsync(stopping))
        {
            await WriteAsync([waiting], stopping);
        }
    }));

    public async Task RunAsync(CancellationToken stopping)
    {
        while (await incoming.Reader.WaitToReadAsync(stopping))
        {
            await OthersAsync(stopping);
            if (busy)
            {
                await Task.Delay(options.Value.SettleGather, clock, stopping);
            }

            var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var (batch, jobs, earlier) = Take(written.Task);
            if (batch.Count > 0)
            {
                busy = jobs >= Many;
                await WriteAsync(batch, stopping);
            }

            lock (taking)
            {
                underway.Remove(written.Task);
            }

            written.SetResult();
            _ = LetPassAsync(batch.Where(waiting => waiting.Message is null), earlier);
        }
    }

    /// <summary>Returns when no other loop is writing, or one has been for long: what holds up its batch, such as a row in a stranger's transaction, need not hold up all.</summary>
    private async Task OthersAsync(CancellationToken stopping)
    {
        Task writing;
        lock (taking)
        {
            writing = Task.WhenAll(underway);
        }

        if (!writing.IsCompleted)
        {
            await Task.WhenAny(writing, Task.Delay(LongWrite, clock, stopping));
        }
    }

    /// <summary>Takes what is waiting, and remembers what the other loops had taken before.</summary>
    private (List<Waiting> Batch, int Jobs, Task Earlier) Take(Task written)
    {
        lock (taking)
        {
            var batch = new List<Waiting>();
            var jobs = 0;
            while (jobs < options.Value.MaxSettle && incoming.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
                jobs += waiting.Message?.Jobs.Count ?? 0;
            }

            var earlier = Task.WhenAll(underway);
            underway.Add(written);
            return (batch, jobs, earlier);
        }
    }

    /// <summary>Pulses come after everything that was before them, whichever loop is writing it.</summary>
    private static async Task LetPassAsync(IEnumerable<Waiting> pulses, Task earlier)
    {
        await earlier;
        foreach (var pulse in pulses)
        {
            pulse.Written.TrySetResult();
        }
    }

    private static Task EnterAsync(Settled? message, Channel<Waiting> line)
    {
        var waiting = new Waiting(message, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        line.Writer.TryWrite(waiting);
        return waiting.Written.Task;
    }

    /// <summary>Writes the batch, however often it takes. What the ledger refuses for its content is found and dropped; it cannot hold up the rest.</summary>
    private async Task WriteAsync(List<Waiting> batch, CancellationToken stopping)
    {
        var pause = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            try
            {
                await ApplyAsync(batch, stopping);
                break;
            }
            catch (DbException exception) when (exception.IsOfContent && batch.Count > 1)
            {
                foreach (var one in batch)
                {
                    await WriteAsync([one], stopping);
                }

                return;
            }
            catch (DbException exception) when (exception.IsOfContent)
            {
                logger.SettlementDropped(exception, batch[0].Message?.DispatchId ?? Guid.Empty);
                break;
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                logger.LoopFailed(exception, "The settler", 1);
                await Task.Delay(pause, clock, stopping);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }

        foreach (var waiting in batch.Where(waiting => waiting.Message is not null))
        {
            waiting.Written.TrySetResult();
        }
    }

    private async Task ApplyAsync(List<Waiting> batch, CancellationToken stopping)
    {
        // An empty batch goes to the ledger as well: a pulse must not pass while the ledger is away.
        var report = await ledger.SettleAsync([.. batch.Select(waiting => waiting.Message).OfType<Settled>()], now: null, stopping);
        copies.Send(report.Dead);
        CoordinatorMetrics.Wrote(report);
        if (report.Stale > 0)
        {
            StaleCount += report.Stale;
            logger.StaleSettlements(report.Stale);
        }

        foreach (var message in batch.Select(waiting => waiting.Message).OfType<Settled>().Where(message => message.Jobs.Count > 0))
        {
            CoordinatorMetrics.Settled(message);
            pace.Note(message.Kind, message.Queue, message.Jobs.Average(job => job.DurationMs), message.Jobs.Count);
        }

        // There is room in a window again.
        room.Raise();
    }

    /// <summary>Decides what a worker without the handler could not: whether another has it.</summary>
    private Settled Resolve(Settled message)
    {
        if (!message.Jobs.Any(job => job.Ending == Ending.UnknownKind || !IsSound(job)))
        {
            return message;
        }

        var known = workers.MayKnow(message.Kind, message.Queue);
        return message with { Jobs = [.. message.Jobs.Select(job => Resolve(job, message, known))] };
    }

    private static Settlement Resolve(Settlement job, Settled message, bool known) => job switch
    {
        { Ending: Ending.UnknownKind } when known => job with
        {
            Ending = Ending.Released, DelayMs = 1_000, Reason = $"handed back by a worker that has no handler of kind '{message.Kind}'",
        },
        { Ending: Ending.UnknownKind } => job with { Reason = $"unknown kind: no live worker of queue '{message.Queue}' has a handler of kind '{message.Kind}'" },
        _ when !IsSound(job) => job with { Ending = Ending.DeadLettered, FollowUps = null, Reason = "its follow-up jobs break the rules of the door" },
        _ => job,
    };

    /// <summary>A worker checks its follow-ups; a message that was not made by one may hold anything.</summary>
    private static bool IsSound(Settlement job)
    {
        try
        {
            foreach (var followUp in job.FollowUps ?? [])
            {
                followUp.Checked();
            }

            return true;
        }
        catch (JobRefusedException)
        {
            return false;
        }
    }

    private sealed record Waiting(Settled? Message, TaskCompletionSource Written);
}
