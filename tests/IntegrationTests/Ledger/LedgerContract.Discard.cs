using BusJobs.Ledger;
using BusJobs.Ledger.Letters;
using BusJobs.Ledger.Upkeep;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>Dead jobs that are given up, and brought back; and the counts of them.</summary>
public abstract class DiscardContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Guid Greatest = new("ffffffff-ffff-ffff-ffff-ffffffffffff");
    private static readonly DeadFilter Discarded = new() { Discarded = true };

    private IUpkeepStore Upkeep => (IUpkeepStore)Ledger;

    [Fact]
    public async Task A_discarded_job_is_cancelled_and_tells_by_whom_and_what_it_had_died_of()
    {
        var dead = await DeadAsync();
        Assert.Equal(1, await DiscardAsync(new DeadFilter(dead), T0.AddHours(1)));

        var found = await FindAsync(dead);
        Assert.Equal((LedgerState.Cancelled, "ann", "it broke", T0.AddHours(1), 1), (found.State, found.DiscardedBy, found.Reason, found.FinishedAt, found.Attempts));
        Assert.Equal("it broke", Assert.Single(found.History).Reason);
        Assert.Equal((0, 1), await EndedAsync());
        Assert.Empty(await ((IDeadLetters)Ledger).NewestAsync(tenant: null, 10, None));
        Assert.Equal(0, await Ledger.CountDeadAsync(new DeadFilter(), None));
        Assert.Equal(1, await Ledger.CountDeadAsync(Discarded, None));
    }

    [Fact]
    public async Task Only_dead_jobs_are_discarded_and_each_once()
    {
        var waiting = await InsertAsync(Job(queue: "other"));
        var dead = await DeadAsync();
        Assert.Equal(0, await DiscardAsync(new DeadFilter(waiting)));
        Assert.Equal(0, await DiscardAsync(new DeadFilter(NewId())));
        Assert.Equal(1, await DiscardAsync(new DeadFilter()));
        Assert.Equal(0, await DiscardAsync(new DeadFilter(dead)));
        Assert.Equal((LedgerState.Ready, (0, 1)), (await StateAsync(waiting), await EndedAsync()));
    }

    [Fact]
    public async Task A_discard_goes_by_kind_queue_tenant_and_ids_oldest_first_up_to_its_limit()
    {
        foreach (var (queue, kind, tenant) in new[] { ("q1", "k1", "a"), ("q1", "k2", null), ("q2", "k1", null), ("q2", "k1", "a") })
        {
            await DeadAsync(Job(queue: queue, kind: kind) with { Tenant = tenant });
        }

        var oldest = await DeadAsync(at: T0.AddHours(-1));
        Assert.Equal(2, await Ledger.CountDeadAsync(new DeadFilter(Tenant: "a"), None));
        Assert.Equal(1, await DiscardAsync(new DeadFilter(Limit: 1)));
        Assert.Equal("ann", (await FindAsync(oldest)).DiscardedBy);
        Assert.Equal(0, await DiscardAsync(new DeadFilter(Kind: "k2", Queue: "q2")));
        Assert.Equal(2, await DiscardAsync(new DeadFilter(Tenant: "a")));
        Assert.Equal(1, await DiscardAsync(new DeadFilter(Queue: "q1")));
        Assert.Equal(1, await DiscardAsync(new DeadFilter { JobIds = [.. (await ListAsync(new JobFilter { State = LedgerState.Dead })).Select(job => job.Id), oldest] }));
        Assert.Equal((0, 5), await EndedAsync());
    }

    [Fact]
    public async Task A_discard_is_taken_back_by_a_redrive_of_the_discarded()
    {
        var (cancelled, dead) = (await InsertAsync(Job(queue: "other")), await DeadAsync());
        await Ledger.CancelAsync(cancelled, T0, None);
        await DiscardAsync(new DeadFilter());
        Assert.Equal(new RedriveReport(0, 0), await Ledger.RedriveAsync(new DeadFilter(), T0, None));
        Assert.Equal(new RedriveReport(0, 0), await Ledger.RedriveAsync(Discarded with { JobIds = [cancelled] }, T0, None));
        Assert.Equal(new RedriveReport(1, 0), await Ledger.RedriveAsync(Discarded, T0, None));

        var found = await FindAsync(dead);
        Assert.Equal((LedgerState.Ready, null, null, 0), (found.State, found.DiscardedBy, found.Reason, found.Attempts));
        Assert.Equal((0, 1), await EndedAsync());
        Assert.Equal(2, Assert.Single(Assert.Single(await ClaimAsync()).Jobs).Fence);
    }

    [Fact]
    public async Task A_discarded_job_holds_no_key_and_comes_back_only_if_nobody_else_has_it()
    {
        var (unique, serial) = (Unique.WhileActive("k"), "s");
        var dead = await DeadAsync(Job() with { Unique = unique, SerialKey = serial });
        await DiscardAsync(new DeadFilter());
        var next = await InsertAsync(Job() with { Unique = unique, SerialKey = serial });
        Assert.Equal(new RedriveReport(0, 1), await Ledger.RedriveAsync(Discarded, T0, None));
        Assert.Equal((LedgerState.Cancelled, (0, 1)), (await StateAsync(dead), await EndedAsync()));

        var running = Assert.Single(await ClaimAsync());
        Assert.Equal(next, Assert.Single(running.Jobs).Id);
        await SettleAsync(running, Ending.Completed);
        Assert.Equal(new RedriveReport(1, 0), await Ledger.RedriveAsync(Discarded, T0, None));
        Assert.Equal(dead, Assert.Single(Assert.Single(await ClaimAsync()).Jobs).Id);
    }

    [Fact]
    public async Task Discarded_jobs_are_listed_the_latest_first_a_page_at_a_time()
    {
        Guid[] dead = [await DeadAsync(), await DeadAsync(), await DeadAsync()];
        foreach (var (id, hour) in dead.Zip([2, 3, 1]))
        {
            await DiscardAsync(new DeadFilter(id), T0.AddHours(hour));
        }

        await InsertAsync(Job(queue: "other"));
        var filter = new JobFilter { Discarded = true };
        var first = await Ledger.ListAsync(filter, after: null, 2, None);
        var second = await Ledger.ListAsync(filter, first.Next, 2, None);
        Assert.Equal([dead[1], dead[0], dead[2]], first.Jobs.Concat(second.Jobs).Select(job => job.Id));
        Assert.All(first.Jobs, job => Assert.Equal(("ann", "it broke"), (job.DiscardedBy, job.Reason)));
        Assert.Null(second.Next);
        Assert.Equal(3, (await ListAsync(new JobFilter { State = LedgerState.Cancelled })).Count);
        Assert.Empty(await ListAsync(filter with { State = LedgerState.Dead }));
        Assert.Equal(dead[2], Assert.Single(await ListAsync(filter with { Queue = Queue, To = (await FindAsync(dead[2])).EnqueuedAt.AddDays(1) }), job => job.Id == dead[2]).Id);
    }

    [Fact]
    public async Task A_discarded_job_is_removed_when_its_time_is_over_which_begins_with_the_discard()
    {
        var dead = await DeadAsync();
        await DiscardAsync(new DeadFilter(), T0.AddDays(3));
        Assert.Equal(0, await RemoveAsync(LedgerState.Cancelled, T0.AddDays(3)));
        Assert.Equal(0, await RemoveAsync(LedgerState.Dead, T0.AddDays(9)));
        Assert.Equal(1, await RemoveAsync(LedgerState.Cancelled, T0.AddDays(3).AddSeconds(1)));
        Assert.Null(await Ledger.FindAsync(dead, None));
        Assert.Equal(((0, 1), 0), (await EndedAsync(), await RowsAsync("attempt")));
        Assert.Empty(await Upkeep.ReconcileAsync(None));
    }

    [Fact]
    public async Task Of_discards_redrives_and_removals_at_once_one_has_each_job_and_the_counts_are_exact()
    {
        const int Jobs = 400;
        await DeadAsync(Jobs);
        await using var other = Fixture.OpenAnother();
        var (letters, beside) = ((IDeadLetters)Ledger, (IDeadLetters)other);
        Task<int>[] takers =
        [
            .. new[] { letters, beside, letters }.Select(one => UntilDoneAsync(() => one.DiscardAsync(new DeadFilter(Limit: 7), "ann", T0, None))),
            .. new[] { Ledger, other }.Select(one => UntilDoneAsync(async () => (await one.RedriveAsync(new DeadFilter(Limit: 5), T0, None)).Ready)),
            UntilDoneAsync(() => RemoveAsync(LedgerState.Dead, T0.AddSeconds(1), 10)), UntilDoneAsync(() => RemoveAsync(LedgerState.Dead, T0.AddSeconds(1), 10)),
        ];
        var took = await Task.WhenAll(takers);

        var (discarded, redriven, removed) = (took[..3].Sum(), took[3..5].Sum(), took[5..].Sum());
        Assert.Equal(Jobs, discarded + redriven + removed);
        var counts = await CountsAsync();
        Assert.Equal((0, discarded, redriven), (counts.DeadNow, counts.Cancelled, counts.Ready));
        Assert.Equal((Jobs - removed, discarded), (await RowsAsync("job"), (await ListAsync(new JobFilter { Discarded = true }, 1_000)).Count));
    }

    [Fact]
    public async Task Of_two_discards_and_a_redrive_of_one_job_one_does_it()
    {
        foreach (var _ in Enumerable.Range(0, 20))
        {
            var filter = new DeadFilter(await DeadAsync());
            await using var other = Fixture.OpenAnother();
            var did = await Task.WhenAll(DiscardAsync(filter), ((IDeadLetters)other).DiscardAsync(filter, "bob", T0, None), RedriveAsync(other, filter));
            Assert.Equal(1, did.Sum());
            await Ledger.CancelAsync(filter.JobId!.Value, T0, None);
        }

        Assert.Equal((0, 20), await EndedAsync());
    }

    [Fact]
    public async Task A_tally_that_somebody_put_wrong_is_mended_and_told_by_kind()
    {
        await DeadAsync(5);
        await DeadAsync(Job(kind: "test.other"));
        Assert.Empty(await Upkeep.ReconcileAsync(None));
        await Fixture.ExecuteAsync($"delete from {Fixture.Table("job")} where kind = 'test.other'");
        await Fixture.ExecuteAsync($"update {Fixture.Table("job")} set state = 4, finished_at = enqueued_at where id in (select id from {Fixture.Table("job")} limit 1)");
        await Fixture.ExecuteAsync($"delete from {Fixture.Table("tally")} where kind = '{Kind}'");

        Assert.Equal([new DeadDrift(Kind, 0, 5), new DeadDrift("test.other", 1, 0)], await Upkeep.ReconcileAsync(None));
        Assert.Equal(5, (await CountsAsync()).DeadNow);
        Assert.Empty(await Upkeep.ReconcileAsync(None));
    }

    [Fact]
    public async Task Reconciling_beside_all_that_changes_dead_jobs_finds_what_was_wrong_once_and_puts_nothing_wrong()
    {
        await DeadAsync(300);
        await Fixture.ExecuteAsync($"delete from {Fixture.Table("job")} where id in (select id from {Fixture.Table("job")} limit 10)");
        await using var other = Fixture.OpenAnother();
        using var over = new CancellationTokenSource();
        // A ledger in this process may answer at once, so that nobody else would have a turn.
        var reconcilers = new[] { Upkeep, (IUpkeepStore)other }.Select(store => Task.Run(() => DriftsAsync(store, over.Token))).ToList();
        var dies = UntilDoneAsync(async () =>
        {
            var packs = await ClaimAsync(limit: 20, size: 5);
            foreach (var pack in packs)
            {
                await SettleAsync(pack, Ending.DeadLettered, reason: "again");
            }

            return packs.Count;
        });
        await Task.WhenAll(
            dies, UntilDoneAsync(() => DiscardAsync(new DeadFilter(Limit: 3))), UntilDoneAsync(() => RedriveAsync(other, new DeadFilter(Limit: 5))),
            UntilDoneAsync(() => RemoveAsync(LedgerState.Dead, T0.AddSeconds(1), 10)));
        await over.CancelAsync();

        Assert.Equal(10, (await Task.WhenAll(reconcilers)).SelectMany(found => found).Sum(drift => drift.Told - drift.Counted));
        Assert.Equal((await ListAsync(new JobFilter { State = LedgerState.Dead }, 1_000)).Count, (await CountsAsync()).DeadNow);
    }

    private static async Task<List<DeadDrift>> DriftsAsync(IUpkeepStore store, CancellationToken over)
    {
        var drifts = new List<DeadDrift>();
        do
        {
            drifts.AddRange(await store.ReconcileAsync(None));
        }
        while (!over.IsCancellationRequested);
        return drifts;
    }

    private static Task<int> UntilDoneAsync(Func<Task<int>> take) => Task.Run(async () =>
    {
        var (all, took) = (0, 0);
        do
        {
            all += took = await take();
        }
        while (took > 0);
        return all;
    });

    private static async Task<int> RedriveAsync(ILedger ledger, DeadFilter filter) => (await ledger.RedriveAsync(filter, null, None)).Ready;

    private Task<int> DiscardAsync(DeadFilter filter, DateTimeOffset? at = null) => ((IDeadLetters)Ledger).DiscardAsync(filter, "ann", at ?? T0, None);

    private async Task<int> RemoveAsync(LedgerState state, DateTimeOffset before, int limit = 1_000)
    {
        var (removed, page) = (0, new RemovalReport(0, Guid.Empty));
        while (page.Last is { } after)
        {
            page = await Upkeep.RemoveJobsAsync([new RetentionRule(state, Kind: null, before)], after, Greatest, limit, None);
            removed += page.Removed;
        }

        return removed;
    }

    private async Task<IReadOnlyList<JobSummary>> ListAsync(JobFilter filter, int limit = 100) => (await Ledger.ListAsync(filter, after: null, limit, None)).Jobs;

    private async Task<(long Dead, long Cancelled)> EndedAsync()
    {
        var counts = await CountsAsync();
        return (counts.DeadNow, counts.Cancelled);
    }

    private async Task DeadAsync(int jobs)
    {
        await AddAsync(Jobs(jobs));
        await SettleAsync([.. (await ClaimAsync()).Select(pack => Settled(pack, [.. pack.Jobs.Select(job => Word(job, Ending.DeadLettered))]))]);
    }

    private async Task<Guid> DeadAsync(NewJob? job = null, DateTimeOffset? at = null)
    {
        job ??= Job();
        await InsertAsync(job);
        var pack = Assert.Single(await ClaimAsync(queue: job.Queue));
        await Ledger.SettleAsync([Settled(pack, [.. pack.Jobs.Select(one => Word(one, Ending.DeadLettered) with { Reason = "it broke" })])], at ?? T0, None);
        return job.Id;
    }
}
