using System.Collections.Concurrent;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Wire;
using Npgsql;

namespace BusJobs.IntegrationTests.Rules;

/// <summary>Jobs of one serial key that travel together, and what may start beside them.</summary>
public sealed partial class PostgresChainTests(PostgresLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<PostgresLedgerFixture>
{
    private const int Longest = 10;
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task The_next_jobs_of_a_key_go_along_with_its_first_in_order()
    {
        var (ids, other) = (await AddKeyedAsync(25), await AddKeyedAsync(1, "repo:2"));
        var alone = await InsertAsync();
        var jobs = await ClaimJobsAsync();
        var chain = Chain(jobs, ids[0]);
        Assert.Equal(ids[..Longest], chain.Select(job => job.Id));
        Assert.Equal([false, .. Enumerable.Repeat(true, Longest - 1)], chain.Select(job => job.Follows));
        Assert.Equal(new[] { other[0], alone }.Order(), jobs.Where(job => !chain.Contains(job)).Select(job => job.Id).Order());
        Assert.All(jobs, job => Assert.Equal((1, 1), (job.Fence, job.Attempt)));
        Assert.Equal((15, 12), ((await CountsAsync()).Ready, (await CountsAsync()).Dispatched));
    }

    [Fact]
    public async Task Nobody_of_the_key_starts_until_all_that_travel_have_ended_and_then_the_next_do()
    {
        var ids = await AddKeyedAsync(25);
        for (var from = 0; from < 25; from += Longest)
        {
            var pack = Assert.Single(await ClaimPacksAsync());
            Assert.Equal(ids[from..Math.Min(25, from + Longest)], pack.Jobs.Select(job => job.Id));
            Assert.Empty(await ClaimPacksAsync());
            await SettleAsync(pack, Ending.Completed);
        }

        Assert.Equal(25, (await CountsAsync()).Succeeded);
    }

    [Fact]
    public async Task Those_that_waited_behind_another_go_along_too()
    {
        var ids = await AddKeyedAsync(5);
        var first = Assert.Single(await ClaimPacksAsync(longest: 1));
        Assert.Empty(await ClaimPacksAsync());
        await SettleAsync(first, Ending.Completed);
        Assert.Equal(ids[1..], Assert.Single(await ClaimPacksAsync()).Jobs.Select(job => job.Id));
    }

    [Theory]
    [InlineData("queue")]
    [InlineData("kind")]
    [InlineData("tenant")]
    [InlineData("due later")]
    [InlineData("cancelled")]
    [InlineData("large")]
    public async Task What_could_not_start_with_the_first_ends_the_chain_and_nobody_is_passed_over(string how)
    {
        var ids = Enumerable.Range(0, 6).Select(_ => NewId()).ToList();
        var third = Keyed() with { Id = ids[2] };
        await AddAsync([.. ids.Select(id => id != ids[2] ? Keyed() with { Id = id } : how switch
        {
            "queue" => third with { Queue = "other" },
            "kind" => third with { Kind = "test.other" },
            "tenant" => third with { Tenant = "acme" },
            "due later" => third with { Delay = TimeSpan.FromHours(1) },
            "large" => third with { Payload = $"\"{new string('x', 70_000)}\"" },
            _ => third,
        })]);
        if (how == "cancelled")
        {
            await Fixture.ExecuteAsync($"update busjobs.job set cancel_requested = true where id = '{ids[2]}'");
        }

        Assert.Equal(ids[..2], (await ClaimJobsAsync()).Select(job => job.Id));
        Assert.Equal(4, (await CountsAsync()).Live - 2);
    }

    [Fact]
    public async Task No_more_goes_along_than_64_KiB_of_each_key()
    {
        var ids = Enumerable.Range(0, 9).Select(_ => NewId()).ToList();
        await AddAsync([.. ids.Select(id => Keyed() with { Id = id, Payload = $"\"{new string('x', 10_000)}\"" })]);
        var small = await AddKeyedAsync(4, "repo:2");
        var jobs = await ClaimJobsAsync();
        Assert.Equal(ids[..7], Chain(jobs, ids[0]).Select(job => job.Id));
        Assert.Equal(small, Chain(jobs, small[0]).Select(job => job.Id));
    }

    [Fact]
    public async Task Where_somebody_else_holds_one_that_would_go_along_each_goes_alone_and_none_is_lost()
    {
        var (ids, others) = (await AddKeyedAsync(6), await AddKeyedAsync(3, "other"));
        await using var connection = (NpgsqlConnection)await Fixture.ConnectAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand($"select from busjobs.job where id = '{ids[2]}' for update", connection);
            await hold.ExecuteNonQueryAsync();
            var alone = Assert.Single(await ClaimPacksAsync());
            Assert.Equal([ids[0], others[0]], alone.Jobs.Select(job => job.Id));
            Assert.Equal((7, 2), ((await CountsAsync()).Ready, (await CountsAsync()).Dispatched));
            await SettleAsync(alone, Ending.Completed);
        }

        var rest = Assert.Single(await ClaimPacksAsync());
        Assert.Equal([.. ids[1..], .. others[1..]], rest.Jobs.Select(job => job.Id));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1], rest.Jobs.Select(job => job.Fence));
    }

    [Fact]
    public async Task A_claim_starts_no_more_than_its_limit_and_no_more_of_a_tenant_than_its_share()
    {
        // One by one, so that they stand in the lines as in their keys.
        for (var number = 0; number < 30; number++)
        {
            await InsertAsync(Keyed($"a:{number % 3}") with { Tenant = "north" });
            await InsertAsync(Keyed($"b:{number % 15}") with { Tenant = "south" });
        }

        var jobs = await ClaimJobsAsync(limit: 12);
        Assert.Equal((12, 6), (jobs.Count, jobs.Count(job => job.Tenant == "north")));
    }

    [Fact]
    public async Task What_goes_back_starts_again_behind_the_one_that_failed()
    {
        var ids = await AddKeyedAsync(5);
        var pack = Assert.Single(await ClaimPacksAsync());
        await SettleAsync(Settled(
            pack,
            [
                Word(pack.Jobs[0], Ending.Completed), Word(pack.Jobs[1], Ending.RetryAt) with { DelayMs = 60_000 },
                .. pack.Jobs.Skip(2).Select(job => Word(job, Ending.Released)),
            ]));
        Assert.Empty(await ClaimPacksAsync());
        await Ledger.PromoteAsync(10, T0.AddMinutes(2), None);
        var again = Assert.Single(await ClaimPacksAsync());
        Assert.Equal(ids[1..], again.Jobs.Select(job => job.Id));
        Assert.Equal([2, 1, 1, 1], again.Jobs.Select(job => job.Attempt));
        await SettleAsync(again, Ending.Completed);
        Assert.Equal((5, 0), ((await CountsAsync()).Succeeded, await OpenAsync()));
    }

    [Fact]
    public async Task A_chain_that_was_lost_runs_again_in_its_order_one_by_one()
    {
        var ids = await AddKeyedAsync(3);
        await Ledger.ReclaimAsync([Assert.Single(await ClaimPacksAsync()).Id], crashed: true, T0, None);
        foreach (var id in ids)
        {
            var pack = Assert.Single(await ClaimPacksAsync(Lane.Suspect));
            Assert.Equal(id, Assert.Single(pack.Jobs).Id);
            Assert.Empty(await ClaimPacksAsync());
            await SettleAsync(pack, Ending.Completed);
        }
    }

    [Fact]
    public async Task A_redriven_job_waits_for_the_chain_and_goes_before_those_that_wait()
    {
        var ids = await AddKeyedAsync(5);
        await SettleAsync(Assert.Single(await ClaimPacksAsync(longest: 1)), Ending.DeadLettered);
        var chain = Assert.Single(await ClaimPacksAsync(longest: 3));
        Assert.Equal(ids[1..4], chain.Jobs.Select(job => job.Id));
        await Ledger.RedriveAsync(new DeadFilter(ids[0]), T0, None);
        Assert.Empty(await ClaimPacksAsync());
        await SettleAsync(chain, Ending.Completed);
        Assert.Equal([ids[0], ids[4]], Assert.Single(await ClaimPacksAsync()).Jobs.Select(job => job.Id));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task However_claims_race_no_two_jobs_of_a_key_run_at_once_and_each_key_keeps_its_order(int seed)
    {
        var random = new Random(seed);
        var jobs = Enumerable.Range(0, 600).Select(_ => random.Next(5) == 0 ? Job() : Keyed($"key{random.Next(12)}")).ToList();
        var keys = jobs.ToDictionary(job => job.Id, job => job.SerialKey);
        await AddAsync(jobs);
        await using var second = Fixture.OpenAnother();
        await using var third = Fixture.OpenAnother();
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var (running, ended, excesses) = (new ConcurrentDictionary<string, int>(), new ConcurrentQueue<Guid>(), new ConcurrentQueue<string>());
        await Task.WhenAll(new[] { Ledger, second, third }.Select((ledger, i) => Task.Run(() => WorkAsync(ledger, new Random((seed * 10) + i)))));

        Assert.Empty(excesses);
        Assert.Equal((600, 0), ((await CountsAsync()).Succeeded, (await CountsAsync()).Live));
        foreach (var key in jobs.Where(job => job.SerialKey is not null).GroupBy(job => job.SerialKey!))
        {
            Assert.Equal(key.Select(job => job.Id), ended.Where(id => keys[id] == key.Key));
        }

        async Task WorkAsync(ILedger ledger, Random dice)
        {
            while ((await ledger.CountsAsync(giveUp.Token)).Live > 0)
            {
                var lane = dice.Next(5) > 0 ? Lane.Normal : Lane.Suspect;
                var claim = await ledger.ClaimAsync(Queue, lane, dice.Next(1, 40), PacksOf(1_000), _ => dice.Next(1, 8), now: null, giveUp.Token);
                foreach (var pack in claim.Dispatches)
                {
                    await PlayAsync(ledger, pack, dice);
                }
            }
        }

        // As a worker does: chain by chain, each as far as its jobs end for good.
        async Task PlayAsync(ILedger ledger, Dispatch pack, Random dice)
        {
            if (dice.Next(10) == 0)
            {
                await ledger.ReclaimAsync([pack.Id], crashed: false, now: null, giveUp.Token);
                return;
            }

            var (words, goes) = (new List<Settlement>(), true);
            foreach (var job in pack.Jobs)
            {
                goes = !job.Follows || goes;
                var ends = goes && dice.Next(10) > 0;
                if (goes && keys[job.Id] is { } key)
                {
                    await RunAsync(key);
                }

                if (ends)
                {
                    ended.Enqueue(job.Id);
                }

                words.Add(Word(job, ends ? Ending.Completed : goes && dice.Next(2) == 0 ? Ending.RetryAt : Ending.Released));
                goes = ends;
            }

            await ledger.SettleAsync([Settled(pack, words)], now: null, giveUp.Token);
        }

        async Task RunAsync(string key)
        {
            if (running.AddOrUpdate(key, 1, (_, count) => count + 1) > 1)
            {
                excesses.Enqueue(key);
            }

            await Task.Yield();
            running.AddOrUpdate(key, 0, (_, count) => count - 1);
        }
    }

    private static NewJob Keyed(string key = "repo:1") => Job() with { SerialKey = key };

    private async Task<List<Guid>> AddKeyedAsync(int count, string key = "repo:1")
    {
        var jobs = Enumerable.Range(0, count).Select(_ => Keyed(key)).ToList();
        await AddAsync(jobs);
        return jobs.ConvertAll(job => job.Id);
    }

    /// <summary>Claims until a claim starts jobs or moves none.</summary>
    private async Task<IReadOnlyList<Dispatch>> ClaimPacksAsync(Lane lane = Lane.Normal, int limit = 100, int longest = Longest)
    {
        Claimed claim;
        do
        {
            claim = await Ledger.ClaimAsync(Queue, lane, limit, PacksOf(100), _ => longest, T0, None);
        }
        while (claim is { Moved: > 0, Dispatches: [] });

        return claim.Dispatches;
    }

    private async Task<List<DispatchedJob>> ClaimJobsAsync(int limit = 100) => [.. (await ClaimPacksAsync(limit: limit)).SelectMany(pack => pack.Jobs)];

    private static List<DispatchedJob> Chain(List<DispatchedJob> jobs, Guid first)
    {
        var from = jobs.FindIndex(job => job.Id == first);
        return [jobs[from], .. jobs.Skip(from + 1).TakeWhile(job => job.Follows)];
    }
}
