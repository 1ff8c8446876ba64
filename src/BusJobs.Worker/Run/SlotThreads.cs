using System.Diagnostics.CodeAnalysis;

namespace BusJobs.Worker;

/// <summary>
/// Threads of one queue's handlers. A handler that blocks its thread takes one of these, so beats, settlements and other queues
/// go on. Threads are started when work waits and none is idle, and end after ten idle seconds.
/// </summary>
internal sealed class SlotThreads(string name, int limit) : TaskScheduler
{
    [ThreadStatic]
    private static SlotThreads? current;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);
    private readonly object gate = new();
    private readonly Queue<Task> ready = new();
    private int threads;
    private int idle;
    private int limit = limit;

    public override int MaximumConcurrencyLevel => Volatile.Read(ref limit);

    /// <summary>Makes room for one more thread when one is stuck in a handler that was given up, and takes it back when that one returns.</summary>
    public void Widen(int by) => Interlocked.Add(ref limit, by);

    protected override void QueueTask(Task task)
    {
        lock (gate)
        {
            ready.Enqueue(task);
            if (ready.Count <= idle)
            {
                Monitor.Pulse(gate);
                return;
            }

            if (threads >= MaximumConcurrencyLevel)
            {
                return;
            }

            threads++;
        }

        // The new thread must not inherit the caller's ambient state, such as the activity of a dispatch.
        new Thread(Work) { IsBackground = true, Name = name }.UnsafeStart();
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && current == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (gate)
        {
            return [.. ready];
        }
    }

    private void Work()
    {
        current = this;
        while (TryNext(out var task))
        {
            TryExecuteTask(task);
        }
    }

    private bool TryNext([NotNullWhen(true)] out Task? task)
    {
        lock (gate)
        {
            while (ready.Count == 0)
            {
                idle++;
                var woken = Monitor.Wait(gate, IdleTime);
                idle--;
                if (!woken && ready.Count == 0)
                {
                    threads--;
                    task = null;
                    return false;
                }
            }

            task = ready.Dequeue();
            return true;
        }
    }
}
