using System.Collections.Concurrent;

namespace BusJobs.Worker;

/// <summary>The dispatches that this worker holds: what its beats say, and what a lost lease forgets.</summary>
internal sealed class HeldDispatches
{
    private readonly ConcurrentDictionary<Guid, HeldDispatch> packs = new();

    public bool IsEmpty => packs.IsEmpty;

    public bool TryAdd(HeldDispatch pack) => packs.TryAdd(pack.Id, pack);

    public bool Holds(Guid dispatchId) => packs.ContainsKey(dispatchId);

    public bool HoldsAnyOf(string queue) => packs.Values.Any(pack => pack.Queue == queue);

    public IReadOnlyList<HeldDispatch> Snapshot() => [.. packs.Values];

    /// <summary>After the last settlement is confirmed.</summary>
    public void Leave(HeldDispatch pack)
    {
        packs.TryRemove(new KeyValuePair<Guid, HeldDispatch>(pack.Id, pack));
        pack.Leave();
    }

    /// <returns>How many were forgotten.</returns>
    public int ForgetAll()
    {
        var forgotten = Snapshot().Where(pack => packs.TryRemove(new KeyValuePair<Guid, HeldDispatch>(pack.Id, pack))).ToList();
        forgotten.ForEach(pack => pack.Forget());
        // Only now: a slot that a stopped job leaves would take up one that waits, and run it without a lease.
        forgotten.ForEach(pack => pack.Stop(StopCause.LeaseLost));
        return forgotten.Count;
    }

    public void Cancel(IReadOnlyCollection<Guid> jobIds)
    {
        var wanted = jobIds.ToHashSet();
        foreach (var run in Snapshot().SelectMany(pack => pack.Runs).Where(run => wanted.Contains(run.JobId)))
        {
            run.Stop(StopCause.Cancelled);
        }
    }

    /// <summary>Completes once nothing is held, counting what arrives in the meantime.</summary>
    public async Task EmptyAsync()
    {
        while (Snapshot() is { Count: > 0 } left)
        {
            await Task.WhenAll(left.Select(pack => pack.Gone));
        }
    }
}
