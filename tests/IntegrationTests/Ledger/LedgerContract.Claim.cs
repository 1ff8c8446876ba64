using System.Collections.Concurrent;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Ledger;

public abstract class ClaimContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    [Fact]
    public async Task A_claim_goes_by_priority_then_due_time_then_id()
    {
        var (low, high) = (Job() with { Priority = 200 }, Job() with { Priority = 1 });
        var (older, newer) = (Job(Guid.CreateVersion7(T0)), Job(Guid.CreateVersion7(T0.AddMilliseconds(5))));
        // In one transaction the due times are equal, so the ids decide, in whichever order they come.
        await Ledger.InsertManyAsync([low, newer, older, high], null, CancellationToken.None);

        var claimed = (await ClaimAsync()).SelectMany(dispatch => dispatch.Jobs).Select(job => job.Id);
        Assert.Equal([high.Id, older.Id, newer.Id, low.Id], claimed);
    }

    [Fact]
    public async Task A_claim_takes_no_more_than_its_limit_and_only_of_its_queue()
    {
        await Ledger.InsertManyAsync(Jobs(10), null, CancellationToken.None);
        var other = await InsertAsync(Job(queue: "other"));

        Assert.Equal(4, (await ClaimAsync(limit: 4)).Sum(dispatch => dispatch.Jobs.Count));
        Assert.Equal(6, (await ClaimAsync()).Sum(dispatch => dispatch.Jobs.Count));
        Assert.Empty(await ClaimAsync());
        Assert.Equal(LedgerState.Ready, await StateAsync(other));
    }

    [Fact]
    public async Task A_claimed_job_is_dispatched_with_a_raised_fence_and_the_number_of_its_try()
    {
        var job = Job() with { Payload = """{"x":1}""", MaxAttempts = 4, Timeout = TimeSpan.FromSeconds(2), Tenant = "t", Tags = ["a"] };
        var dispatch = await DispatchedAsync(job);

        var sent = Assert.Single(dispatch.Jobs);
        Assert.Equal((job.Id, 1, 1, """{"x":1}""", 4, 2000L, "t"), (sent.Id, sent.Fence, sent.Attempt, sent.Payload, sent.MaxAttempts, sent.TimeoutMs, sent.Tenant));
        var found = await FindAsync(job.Id);
        Assert.Equal((LedgerState.Dispatched, 1), (found.State, found.Fence));
        await SettleAsync(dispatch, Ending.RetryAt);
        sent = Assert.Single(Assert.Single(await ClaimAsync()).Jobs);
        Assert.Equal((2, 2), (sent.Fence, sent.Attempt));
    }

    [Fact]
    public async Task Packs_are_recorded_and_returned_in_the_order_of_their_sequences()
    {
        await Ledger.InsertManyAsync(Jobs(7), null, CancellationToken.None);
        var dispatches = await ClaimAsync(size: 3);

        var sequences = dispatches.Select(dispatch => dispatch.Sequence).ToList();
        Assert.Equal(3, sequences.Distinct().Count());
        Assert.Equal(sequences.Order(), sequences);
        var open = await Ledger.OpenDispatchesAsync(10, CancellationToken.None);
        Assert.Equal(dispatches.Select(d => (d.Id, d.Sequence, d.Jobs.Count)), open.Select(d => (d.Id, d.Sequence, d.Count)));
        Assert.All(open, dispatch => Assert.Equal((Queue, Lane.Normal), (dispatch.Queue, dispatch.Lane)));
        Assert.Equal(2, (await Ledger.OpenDispatchesAsync(2, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_sequence_never_goes_back_and_a_probes_is_later_than_all_before_it()
    {
        var first = await DispatchedAsync();
        await SettleAsync(first, Ending.Completed);
        var second = await DispatchedAsync();
        var probe = await Ledger.NextSequenceAsync(CancellationToken.None);
        await SettleAsync(second, Ending.Completed);
        var third = await DispatchedAsync();

        Assert.True(first.Sequence < second.Sequence && second.Sequence < probe && probe < third.Sequence);
    }

    [Fact]
    public async Task What_the_packing_refuses_is_parked_with_its_reason_and_keeps_its_raised_fence()
    {
        var (good, bad) = (await InsertAsync(), await InsertAsync(Job(kind: "test.bad")));
        Packed Pack(string queue, IReadOnlyList<ClaimedJob> jobs) => new(
            PacksOf(10)(queue, [.. jobs.Where(job => job.Kind == Kind)]).Dispatches,
            [.. jobs.Where(job => job.Kind != Kind).Select(job => new Misfit(job.Job.Id, $"parks {job.Parks}", TimeSpan.FromMinutes(1)))]);
        var dispatch = Assert.Single((await Ledger.ClaimAsync(Queue, Lane.Normal, 10, Pack, T0, CancellationToken.None)).Dispatches);

        Assert.Equal(good, Assert.Single(dispatch.Jobs).Id);
        var parked = await FindAsync(bad);
        Assert.Equal((LedgerState.Scheduled, "parks 0", 1, T0.AddMinutes(1), 0), (parked.State, parked.Reason, parked.Fence, parked.RunAt, parked.Attempts));
        await Ledger.PromoteAsync(10, T0.AddMinutes(1), CancellationToken.None);
        Assert.Empty((await Ledger.ClaimAsync(Queue, Lane.Normal, 10, Pack, T0, CancellationToken.None)).Dispatches);
        parked = await FindAsync(bad);
        Assert.Equal(("parks 1", 2), (parked.Reason, parked.Fence));
    }

    [Fact]
    public async Task A_packing_that_throws_leaves_the_jobs_ready()
    {
        var id = await InsertAsync();
        await Assert.ThrowsAsync<NotSupportedException>(
            () => Ledger.ClaimAsync(Queue, Lane.Normal, 10, (_, _) => throw new NotSupportedException(), T0, CancellationToken.None));

        var found = await FindAsync(id);
        Assert.Equal((LedgerState.Ready, 0), (found.State, found.Fence));
        Assert.Single(await ClaimAsync());
    }

    [Fact]
    public async Task Two_ledgers_that_claim_at_once_get_each_job_exactly_once()
    {
        await Ledger.InsertManyAsync(Jobs(10_000), null, CancellationToken.None);
        await using var second = Fixture.OpenAnother();
        var claimed = new ConcurrentBag<Guid>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => DrainAsync(i % 2 == 0 ? Ledger : second, claimed))));

        Assert.Equal(10_000, claimed.Count);
        Assert.Equal(10_000, claimed.Distinct().Count());
        Assert.Equal(10_000, (await CountsAsync()).Dispatched);
    }

    private async Task DrainAsync(ILedger ledger, ConcurrentBag<Guid> claimed)
    {
        var misses = 0;
        // A claim that finds nothing may have passed over rows which the others hold at that moment.
        while (misses < 3)
        {
            var dispatches = (await ledger.ClaimAsync(Queue, Lane.Normal, 200, PacksOf(50), null, CancellationToken.None)).Dispatches;
            misses = dispatches.Count == 0 ? misses + 1 : 0;
            foreach (var job in dispatches.SelectMany(dispatch => dispatch.Jobs))
            {
                claimed.Add(job.Id);
            }
        }
    }
}
