using BusJobs.Ledger;
using BusJobs.UnitTests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Admission;

/// <summary>Several processes that share the minutes of one ledger.</summary>
public sealed class PlacePoolTests
{
    private static readonly Partition Org1 = new("kind", "org-1");
    private static readonly Partition Org2 = new("kind", "org-2");

    private readonly ManualClock clock = new();
    private readonly Dictionary<Partition, SlidingMinute> minutes = [];
    private int statements;

    [Fact]
    public void Over_any_minute_no_partition_passes_more_than_its_limit_and_another_is_untouched()
    {
        var stories =
            from limit in Gen.Choose(1, 2_000)
            from asks in (
                from pool in Gen.Choose(0, 2)
                from after in Gen.Frequency((9, Gen.Choose(0, 300)), (1, Gen.Choose(0, 40_000)))
                from wanted in Gen.Frequency((3, Gen.Constant(1)), (1, Gen.Choose(1, 400)))
                select (pool, after, wanted)).ArrayOf(200)
            select (limit, asks);
        Prop.ForAll(stories.ToArbitrary(), story => new PlacePoolTests().Holds(story.limit, story.asks)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task A_busy_partition_makes_few_turns_at_its_row()
    {
        using var pool = Pool();
        for (var i = 0; i < 30_000; i++)
        {
            // 3,000 a second.
            clock.Advance(TimeSpan.FromTicks(TimeSpan.TicksPerSecond / 3_000));
            Assert.Equal(1, await TakeAsync(pool, Org1, limit: 200_000, wanted: 1));
        }

        Assert.InRange(statements, 1, 40);
    }

    [Fact]
    public async Task Who_is_turned_away_is_told_from_memory_until_there_is_a_place_again()
    {
        using var pool = Pool();
        Assert.Equal(5, await TakeAsync(pool, Org1, limit: 5, wanted: 8));
        var before = statements;
        clock.Advance(TimeSpan.FromSeconds(59.9));
        Assert.Equal(0, await TakeAsync(pool, Org1, limit: 5, wanted: 1));
        Assert.Equal(before, statements);

        Assert.Equal(1, await TakeAsync(pool, Org1, limit: 6, wanted: 2));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(5, await TakeAsync(pool, Org1, limit: 6, wanted: 6));
    }

    [Fact]
    public async Task Few_asks_of_many_processes_lose_no_places()
    {
        var pools = Enumerable.Range(0, 10).Select(_ => Pool()).ToList();
        for (var i = 0; i < 600; i++)
        {
            // 10 a second, each time another process: 600 in a minute, of 1,000.
            clock.Advance(TimeSpan.FromSeconds(0.1));
            Assert.Equal(1, await TakeAsync(pools[i % 10], Org1, limit: 1_000, wanted: 1));
        }

        pools.ForEach(pool => pool.Dispose());
    }

    [Fact]
    public async Task Callers_that_wait_at_once_are_served_by_one_statement_and_one_that_fails_fails_alone()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var pool = new PlacePool(
            async (leases, token) =>
            {
                await gate.Task.WaitAsync(token);
                return await LeaseAsync(leases, token);
            },
            clock);
        using var stop = new CancellationTokenSource();
        var first = pool.TakeAsync(new Dictionary<Partition, Wanted> { [Org1] = new(100, 1) }, stop.Token);
        var others = Enumerable.Range(0, 20).Select(_ => TakeAsync(pool, Org1, limit: 100, wanted: 1)).ToList();
        await stop.CancelAsync();
        gate.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.All(await Task.WhenAll(others), taken => Assert.Equal(1, taken));
        Assert.Equal(1, statements);
    }

    private bool Holds(int limit, (int Pool, int After, int Wanted)[] asks)
    {
        PlacePool[] pools = [Pool(), Pool(), Pool()];
        var passed = new List<(DateTimeOffset At, int Count)>();
        var untouched = true;
        foreach (var (pool, after, wanted) in asks)
        {
            clock.Advance(TimeSpan.FromMilliseconds(after));
            passed.Add((clock.GetUtcNow(), Now(TakeAsync(pools[pool], Org1, limit, wanted))));
            untouched &= Now(TakeAsync(pools[pool], Org2, limit: 1_000_000, wanted: 1)) == 1;
        }

        Array.ForEach(pools, pool => pool.Dispose());
        return untouched && passed.TrueForAll(end => passed
            .Where(one => one.At > end.At - TimeSpan.FromMinutes(1) && one.At <= end.At).Sum(one => one.Count) <= limit);
    }

    /// <summary>The ledger of a test answers at once, so there is nothing to wait for.</summary>
    private static int Now(Task<int> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("It waits.");

    private static async Task<int> TakeAsync(PlacePool pool, Partition partition, int limit, int wanted) =>
        (await pool.TakeAsync(new Dictionary<Partition, Wanted> { [partition] = new(limit, wanted) }, CancellationToken.None))[partition].Count;

    private PlacePool Pool() => new(LeaseAsync, clock);

    private Task<IReadOnlyList<Given>> LeaseAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        statements++;
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return Task.FromResult<IReadOnlyList<Given>>([.. leases.Select(lease =>
        {
            var minute = minutes.GetValueOrDefault(lease.Partition, new SlidingMinute([]))
                .Take(lease.Limit, lease.Count, now, (long)lease.UsableFor.TotalMilliseconds, out var count);
            minutes[lease.Partition] = minute;
            return new Given(count, count < lease.Count ? minute.RetryAfter(lease.Limit, now) : TimeSpan.Zero);
        })]);
    }
}
