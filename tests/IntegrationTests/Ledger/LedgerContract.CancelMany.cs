using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>Many jobs that are cancelled at once.</summary>
public abstract class CancelManyContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Those_that_wait_are_cancelled_those_that_run_are_asked_to_stop_and_others_are_left_alone()
    {
        var running = await DispatchedAsync();
        var ended = await DispatchedAsync();
        await SettleAsync(ended, Ending.Completed);
        var (ready, scheduled, kept) = (await InsertAsync(), await InsertAsync(Job() with { Delay = TimeSpan.FromHours(1) }), await InsertAsync());

        Guid[] all = [running.Jobs[0].Id, ended.Jobs[0].Id, ready, scheduled, ready, NewId()];
        Assert.Equal(new CancelReport(Cancelled: 2, Requested: 1), await Ledger.CancelManyAsync(all, T0, None));
        var found = await FindAsync(ready);
        Assert.Equal((LedgerState.Cancelled, T0, true, "cancelled before it started"), (found.State, found.FinishedAt, found.CancelRequested, found.Reason));
        Assert.Equal((LedgerState.Cancelled, LedgerState.Succeeded, LedgerState.Ready), (await StateAsync(scheduled), await StateAsync(ended.Jobs[0].Id), await StateAsync(kept)));
        Assert.Equal([running.Jobs[0].Id], await Ledger.CancelRequestedAsync(10, None));
        var counts = await CountsAsync();
        Assert.Equal((2, 1, 1, 1), (counts.Cancelled, counts.Succeeded, counts.Dispatched, counts.Ready));
        Assert.Equal(new CancelReport(0, 1), await Ledger.CancelManyAsync(all, T0, None));
        Assert.Equal(new CancelReport(0, 0), await Ledger.CancelManyAsync([], T0, None));
    }

    [Fact]
    public async Task More_jobs_than_a_pack_has_are_cancelled_in_packs()
    {
        var jobs = Jobs(2_500);
        await AddAsync(jobs);
        Assert.Equal(new CancelReport(2_500, 0), await Ledger.CancelManyAsync([.. jobs.Select(job => job.Id)], T0, None));
        var counts = await CountsAsync();
        Assert.Equal((0, 2_500), (counts.Live, counts.Cancelled));
    }

    [Fact]
    public async Task The_next_job_of_a_serial_key_is_let_go_when_those_before_it_are_cancelled()
    {
        var line = Enumerable.Range(0, 6).Select(_ => Job() with { SerialKey = "s" }).ToList();
        await AddAsync(line);
        var first = Assert.Single(Assert.Single(await ClaimAsync()).Jobs);
        var others = line.Select(job => job.Id).Where(id => id != first.Id).ToList();
        var last = others[^1];
        Assert.Equal(new CancelReport(4, 1), await Ledger.CancelManyAsync([.. others[..^1], first.Id], T0, None));
        Assert.Empty(await ClaimAsync());

        await Ledger.SettleAsync([Settled(await OpenPackAsync(first.Id), [new Settlement(first.Id, first.Fence, Ending.Cancelled)])], T0, None);
        Assert.Equal(last, Assert.Single(Assert.Single(await ClaimAsync()).Jobs).Id);
    }

    [Fact]
    public async Task While_a_drain_settles_every_job_ends_exactly_once()
    {
        const int Count = 3_000;
        var jobs = Enumerable.Range(0, Count).Select(i => Job() with { SerialKey = i % 3 == 0 ? $"key{i % 40}" : null }).ToList();
        await AddAsync(jobs);
        await using var other = Fixture.OpenAnother();
        var ids = jobs.ConvertAll(job => job.Id);
        var begun = new TaskCompletionSource();
        Task<CancelReport>[] cancelling =
        [
            Task.Run(() => CancelInRoundsAsync(Ledger, ids)), Task.Run(() => CancelInRoundsAsync(other, [.. Enumerable.Reverse(ids)])),
            Task.Run(() => CancelOneByOneAsync(ids.Where((_, i) => i % 5 == 0), begun)),
        ];
        await begun.Task;
        var drains = Enumerable.Range(0, 3).Select(i => Task.Run(() => DrainAsync(i == 0 ? other : Ledger))).ToList();
        var reclaims = Task.Run(() => ReclaimSomeAsync(other));
        await Task.WhenAll([.. drains, reclaims]);
        var cancelled = (await Task.WhenAll(cancelling)).Sum(report => report.Cancelled);
        var settled = await DrainAsync(Ledger) + (await Task.WhenAll(drains)).Sum();

        var counts = await CountsAsync();
        Assert.Equal((0, Count), (counts.Live, counts.Succeeded + counts.Cancelled));
        // Besides those that were cancelled here: the ones that ran and were reclaimed after they had been asked to stop.
        Assert.Equal((settled, Count - settled), (counts.Succeeded, counts.Cancelled));
        Assert.InRange(cancelled, 1, counts.Cancelled);
        Assert.Equal(await EndedAsync(LedgerState.Succeeded), counts.Succeeded);
        Assert.Equal(await EndedAsync(LedgerState.Cancelled), counts.Cancelled);
    }

    private async Task<CancelReport> CancelInRoundsAsync(ILedger ledger, List<Guid> ids)
    {
        var all = new CancelReport(0, 0);
        foreach (var some in ids.Chunk(700))
        {
            var report = await ledger.CancelManyAsync(some, T0, None);
            all = new CancelReport(all.Cancelled + report.Cancelled, all.Requested + report.Requested);
        }

        return all;
    }

    private async Task<CancelReport> CancelOneByOneAsync(IEnumerable<Guid> ids, TaskCompletionSource begun)
    {
        var cancelled = 0;
        foreach (var id in ids)
        {
            cancelled += await Ledger.CancelAsync(id, T0, None) == CancelResult.Cancelled ? 1 : 0;
            begun.TrySetResult();
        }

        return new CancelReport(cancelled, 0);
    }

    /// <returns>How many jobs succeeded.</returns>
    private async Task<int> DrainAsync(ILedger ledger)
    {
        var succeeded = 0;
        for (var idle = 0; idle < 20;)
        {
            var claimed = await ledger.ClaimAsync(Queue, Lane.Normal, 30, PacksOf(5), T0, None);
            idle = claimed.Dispatches.Count + claimed.Moved > 0 ? 0 : idle + 1;
            foreach (var pack in claimed.Dispatches)
            {
                var report = await ledger.SettleAsync([Settled(pack, [.. pack.Jobs.Select(job => Word(job, Ending.Completed))])], T0, None);
                succeeded += report.Applied;
            }
        }

        return succeeded;
    }

    /// <summary>Takes open dispatches back, which is what makes jobs end cancelled that were asked to stop.</summary>
    private static async Task ReclaimSomeAsync(ILedger ledger)
    {
        foreach (var _ in Enumerable.Range(0, 40))
        {
            var open = await ledger.OpenDispatchesAsync(2, None);
            await ledger.ReclaimAsync([.. open.Select(dispatch => dispatch.Id)], crashed: false, now: null, None);
        }
    }

    private async Task<long> EndedAsync(LedgerState state)
    {
        await using var context = Fixture.NewContext();
        return context.Jobs.LongCount(job => job.State == state);
    }

    private async Task<BusJobs.Wire.Dispatch> OpenPackAsync(Guid jobId)
    {
        var open = Assert.Single(await Ledger.OpenDispatchesAsync(10, None));
        return new() { Id = open.Id, Kind = Kind, Queue = Queue, Sequence = open.Sequence, Jobs = [new() { Id = jobId, Fence = 1, Attempt = 1, Payload = "{}" }] };
    }
}
