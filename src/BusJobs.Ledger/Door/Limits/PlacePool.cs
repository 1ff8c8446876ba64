using System.Collections.Concurrent;

namespace BusJobs.Ledger;

/// <param name="Count">Places to take out of the minute, if it has so many left.</param>
/// <param name="UsableFor">How long they may be kept before they are used.</param>
internal sealed record Lease(Partition Partition, int Limit, int Count, TimeSpan UsableFor);

/// <summary>
/// This process's share of the minutes. Places are leased in blocks and used within a second, so that a tenant that enqueues 3,000
/// jobs a second makes few turns at its row. A block is what is missing and, when the last one was used up in time, twice as large as
/// that one, up to a hundredth of the limit: what a second leaves unused is lost for a minute, and no more than is used. Who is turned
/// away is told from memory until there is a place again. Callers that wait for a lease at the same time are served by one statement.
/// </summary>
/// <param name="leasing">Takes places out of the minutes that all processes share, and says for each lease what it got.</param>
/// <param name="clock">By which places are used within a second.</param>
internal sealed class PlacePool(Func<IReadOnlyList<Lease>, CancellationToken, Task<IReadOnlyList<Given>>> leasing, TimeProvider clock) : IDisposable
{
    private const int Blocks = 100;
    private const int MaxIdle = 10_000;
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly ConcurrentQueue<Ask> waiting = new();
    private readonly Dictionary<Partition, Share> shares = [];

    /// <summary>Takes as many of the wanted places as there are, for each partition.</summary>
    public async Task<IReadOnlyDictionary<Partition, Given>> TakeAsync(IReadOnlyDictionary<Partition, Wanted> wanted, CancellationToken cancellationToken)
    {
        var ask = new Ask(wanted);
        if (Serve(ask))
        {
            return ask.Given;
        }

        waiting.Enqueue(ask);
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (!ask.IsServed)
            {
                await LeaseAsync(ask, cancellationToken);
            }
        }
        finally
        {
            gate.Release();
        }

        return ask.Given;
    }

    public void Dispose() => gate.Dispose();

    /// <summary>Serves the caller and all who wait behind it. Should the statement fail, each of them tries for itself.</summary>
    private async Task LeaseAsync(Ask own, CancellationToken cancellationToken)
    {
        var asks = new HashSet<Ask> { own };
        while (waiting.TryDequeue(out var other))
        {
            asks.Add(other);
        }

        asks.RemoveWhere(ask => ask.IsServed || Serve(ask));
        var leases = asks.SelectMany(ask => ask.Missing).GroupBy(one => one.Key)
            .Select(group => LeaseOf(group.Key, group.Last().Value.Limit, group.Sum(one => one.Value.Count), NextBlock(group.Key))).ToList();
        if (leases.Count == 0)
        {
            return;
        }

        var begunAt = clock.GetTimestamp();
        var given = await leasing(leases, cancellationToken);
        lock (shares)
        {
            foreach (var (lease, got) in leases.Zip(given))
            {
                shares[lease.Partition] = new Share(lease.Limit, got, begunAt, clock.GetTimestamp());
            }
        }

        foreach (var ask in asks)
        {
            Serve(ask, isLast: true);
        }
    }

    private int NextBlock(Partition partition)
    {
        lock (shares)
        {
            return shares.GetValueOrDefault(partition)?.NextBlock(clock) ?? 1;
        }
    }

    private static Lease LeaseOf(Partition partition, int limit, int missing, int block)
    {
        block = Math.Min(block, limit / Blocks);
        return block > missing ? new Lease(partition, limit, block, Keep) : new Lease(partition, limit, missing, TimeSpan.Zero);
    }

    /// <param name="isLast">Whether what is not here now is refused, because a lease has just been made.</param>
    /// <returns>Whether the ask needs no lease.</returns>
    private bool Serve(Ask ask, bool isLast = false)
    {
        lock (shares)
        {
            foreach (var (partition, wanted) in ask.Missing.ToList())
            {
                ask.Take(partition, shares.GetValueOrDefault(partition)?.Take(wanted, clock, isLast) ?? Given.Nothing);
            }

            if (shares.Count > MaxIdle)
            {
                shares.Clear();
            }
        }

        return ask.IsServed;
    }

    private sealed class Ask(IReadOnlyDictionary<Partition, Wanted> wanted)
    {
        public Dictionary<Partition, Wanted> Missing { get; } = wanted.ToDictionary();
        public Dictionary<Partition, Given> Given { get; } = wanted.ToDictionary(one => one.Key, _ => Ledger.Given.Nothing);

        public bool IsServed => Missing.Count == 0;

        /// <param name="share">Places, and how long to wait for the rest; without a wait, the rest is still missing.</param>
        public void Take(Partition partition, Given share)
        {
            var missing = Missing[partition] with { Count = Missing[partition].Count - share.Count };
            Given[partition] = new Given(Given[partition].Count + share.Count, share.RetryAfter);
            if (missing.Count == 0 || share.RetryAfter > TimeSpan.Zero)
            {
                Missing.Remove(partition);
            }
            else
            {
                Missing[partition] = missing;
            }
        }
    }

    /// <summary>What this process holds of one partition: places that may be used for a while, or the knowledge that there are none.</summary>
    private sealed class Share(int limit, Given leased, long begunAt, long endedAt)
    {
        private int left = leased.Count;

        public int NextBlock(TimeProvider clock) =>
            left == 0 && clock.GetElapsedTime(begunAt) < Keep ? leased.Count * 2 : leased.Count - left;

        /// <param name="isFresh">Whether it was leased for this very call: then it may be used whatever the time, and nothing is missing.</param>
        public Given Take(Wanted wanted, TimeProvider clock, bool isFresh)
        {
            // Places are used early rather than late, and waits end late rather than early, by the time that the lease took.
            var taken = isFresh || clock.GetElapsedTime(begunAt) < Keep ? Math.Min(left, wanted.Count) : 0;
            left -= taken;
            var wait = leased.RetryAfter - clock.GetElapsedTime(endedAt);
            var isClosed = isFresh || (wanted.Limit == limit && wait > TimeSpan.Zero);
            return taken < wanted.Count && isClosed ? new Given(taken, wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1)) : new Given(taken, TimeSpan.Zero);
        }
    }
}
