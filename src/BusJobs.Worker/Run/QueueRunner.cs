using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>
/// Runs the jobs of one queue in the order of their arrival, at most <paramref name="slots"/> at once. A slot is a loop that
/// lives while jobs wait: jobs that end without waiting follow each other on one thread, and an idle queue costs nothing.
/// </summary>
internal sealed class QueueRunner(string queue, int slots, ILogger logger)
{
    // Twice the slots and some, so that handlers that block on a continuation of their own find a thread for it.
    private readonly SlotThreads threads = new($"busjobs {queue}", (2 * slots) + 8);
    private readonly Lock gate = new();
    private readonly Queue<JobRun> waiting = new();
    private int busy;
    private bool closed;

    public string Queue => queue;
    public int Slots => slots;

    public bool HasFreeSlot
    {
        get
        {
            lock (gate)
            {
                return busy < slots && waiting.Count == 0;
            }
        }
    }

    /// <summary>Adds jobs; after <see cref="Close"/> they are given back instead.</summary>
    public void Add(IReadOnlyList<JobRun> runs)
    {
        var starting = 0;
        lock (gate)
        {
            if (!closed)
            {
                foreach (var run in runs)
                {
                    waiting.Enqueue(run);
                }

                starting = Math.Min(slots - busy, waiting.Count);
                busy += starting;
                runs = [];
            }
        }

        for (; starting > 0; starting--)
        {
            StartSlot();
        }

        GiveBack(runs);
    }

    /// <summary>Starts no more jobs, and gives back at once those that wait.</summary>
    public void Close()
    {
        JobRun[] unstarted;
        lock (gate)
        {
            closed = true;
            unstarted = [.. waiting];
            waiting.Clear();
        }

        GiveBack(unstarted);
    }

    private static void GiveBack(IReadOnlyList<JobRun> runs)
    {
        foreach (var run in runs)
        {
            run.Stop(StopCause.GivenBack);
        }
    }

    /// <summary>Another loop takes the place of one whose handler does not come back.</summary>
    public void Replace()
    {
        threads.Widen(1);
        StartSlot();
    }

    // Ambient state of whoever delivered the first job must not follow the slot into other jobs.
    private void StartSlot()
    {
        using AsyncFlowControl? suppressed = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        _ = Task.Factory.StartNew(WorkAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, threads);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The loop outlives its errors; the job's own are caught where its handler is called.")]
    private async Task WorkAsync()
    {
        while (TryNext(out var first))
        {
            for (var run = first; run is not null; run = run.Chain?.After(run, mayBegin: !IsClosed))
            {
                try
                {
                    if (!await run.ExecuteAsync())
                    {
                        threads.Widen(-1);
                        return;
                    }
                }
                catch (Exception exception)
                {
                    logger.RunFailed(exception, queue);
                    run.Fail(exception);
                }
            }
        }
    }

    private bool IsClosed
    {
        get
        {
            lock (gate)
            {
                return closed;
            }
        }
    }

    private bool TryNext([NotNullWhen(true)] out JobRun? run)
    {
        lock (gate)
        {
            if (!waiting.TryDequeue(out run))
            {
                busy--;
                return false;
            }

            return true;
        }
    }
}
