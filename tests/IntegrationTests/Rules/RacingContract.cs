using System.Collections.Concurrent;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Rules;

/// <summary>Three coordinators that claim at once while jobs settle, are tried again, and are lost.</summary>
public abstract class RacingContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private const int KindLimit = 7;
    private const int TenantLimit = 3;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ConcurrentDictionary<string, int> running = new();
    private readonly ConcurrentQueue<string> excesses = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Guid>> ended = new();
    private readonly ConcurrentDictionary<Guid, NewJob> all = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_limit_is_passed_no_key_runs_twice_or_out_of_order_and_nobody_starves(int seed)
    {
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Kind, "test.k0") { MaxRunning = KindLimit }, None);
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Tenant, DispatchLimit.Each) { MaxRunning = TenantLimit }, None);
        var random = new Random(seed);
        var jobs = Enumerable.Range(0, 400).Select(_ => RandomJob(random)).ToList();
        jobs.ForEach(job => all[job.Id] = job);
        await AddAsync(jobs);
        await using var second = Fixture.OpenAnother();
        await using var third = Fixture.OpenAnother();
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await Task.WhenAll(new[] { Ledger, second, third }.Select((ledger, i) => Task.Run(() => WorkAsync(ledger, new Random((seed * 10) + i), giveUp.Token))));

        Assert.Empty(excesses);
        Assert.Equal((400, 0), ((await CountsAsync()).Succeeded, (await CountsAsync()).Live));
        foreach (var key in jobs.Where(job => job.SerialKey is not null).GroupBy(job => job.SerialKey!))
        {
            Assert.Equal(key.Select(job => job.Id), ended[key.Key]);
        }
    }

    private static NewJob RandomJob(Random random) => Job(kind: $"test.k{random.Next(3)}") with
    {
        Tenant = random.Next(3) == 0 ? null : $"t{random.Next(4)}",
        SerialKey = random.Next(2) == 0 ? null : $"key{random.Next(12)}",
    };

    private async Task WorkAsync(ILedger ledger, Random random, CancellationToken giveUp)
    {
        while ((await ledger.CountsAsync(giveUp)).Live > 0)
        {
            var claim = await ledger.ClaimAsync(Queue, (Lane)random.Next(3), random.Next(1, 20), PacksOf(1), now: null, giveUp);
            foreach (var dispatch in claim.Dispatches)
            {
                Enter(all[dispatch.Jobs[0].Id]);
            }

            foreach (var dispatch in claim.Dispatches.OrderBy(_ => random.Next()))
            {
                await EndAsync(ledger, dispatch, random);
            }
        }
    }

    private async Task EndAsync(ILedger ledger, Dispatch dispatch, Random random)
    {
        var (job, fate) = (all[dispatch.Jobs[0].Id], random.Next(10));
        Leave(job, done: fate > 2);
        await (fate switch
        {
            0 => ledger.ReclaimAsync([dispatch.Id], crashed: false, now: null, None),
            1 => ledger.ReturnAsync([dispatch.Id], "no route", TimeSpan.Zero, now: null, None),
            2 => (Task)ledger.SettleAsync([Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Released)])], now: null, None),
            _ => ledger.SettleAsync([Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Completed)])], now: null, None),
        });
    }

    /// <summary>Seen from outside, a job runs from when its claim is known until its end begins to be written: no longer than it does.</summary>
    private void Enter(NewJob job)
    {
        Note(job.Kind == "test.k0" ? job.Kind : null, KindLimit);
        Note(job.Tenant, TenantLimit);
        Note(job.SerialKey, 1);

        void Note(string? name, int most)
        {
            if (name is not null && running.AddOrUpdate(name, 1, (_, count) => count + 1) is var count && count > most)
            {
                excesses.Enqueue($"{count} of {name}");
            }
        }
    }

    private void Leave(NewJob job, bool done)
    {
        foreach (var name in new[] { job.Kind, job.Tenant, job.SerialKey }.OfType<string>())
        {
            running.AddOrUpdate(name, 0, (_, count) => count - 1);
        }

        if (done && job.SerialKey is { } key)
        {
            ended.GetOrAdd(key, _ => new ConcurrentQueue<Guid>()).Enqueue(job.Id);
        }
    }
}
