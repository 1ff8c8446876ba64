using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>One active job for each key.</summary>
public abstract class UniqueContract(LedgerFixture fixture) : AdmissionContract(fixture)
{
    [Fact]
    public async Task A_second_job_with_an_active_key_is_a_duplicate_of_the_first()
    {
        var first = await EnqueuedAsync(Keyed("a"));

        Assert.Equal(new EnqueueResult.Duplicate(first), await EnqueueAsync(Keyed("a")));
        await EnqueuedAsync(Keyed("A"));
        await EnqueuedAsync(Keyed("a") with { Kind = "test.other" });
        await EnqueuedAsync(Job());
        Assert.Equal("a", (await FindAsync(first)).UniqueKey);
    }

    [Theory]
    [InlineData(Ending.Completed)]
    [InlineData(Ending.DeadLettered)]
    [InlineData(Ending.Cancelled)]
    public async Task A_key_is_free_once_its_job_has_ended(Ending ending)
    {
        var dispatch = await DispatchedAsync(Keyed("a"));
        await SettleAsync(dispatch, ending, reason: "because");

        await EnqueuedAsync(Keyed("a"));
    }

    [Fact]
    public async Task A_key_is_kept_while_its_job_is_delayed_tried_again_returned_and_reclaimed()
    {
        var id = await EnqueuedAsync(Keyed("a") with { Delay = TimeSpan.FromHours(1) });
        var duplicate = new EnqueueResult.Duplicate(id);
        Assert.Equal(duplicate, await EnqueueAsync(Keyed("a")));
        await Ledger.PromoteAsync(10, T0.AddHours(2), CancellationToken.None);
        await SettleAsync(Assert.Single(await ClaimAsync()), Ending.RetryAt, delayMs: 3_600_000, reason: "x");
        Assert.Equal(duplicate, await EnqueueAsync(Keyed("a")));
        await Ledger.PromoteAsync(10, T0.AddHours(2), CancellationToken.None);
        await Ledger.ReturnAsync([Assert.Single(await ClaimAsync()).Id], "unsent", TimeSpan.Zero, T0, CancellationToken.None);
        Assert.Equal(duplicate, await EnqueueAsync(Keyed("a")));
        await Ledger.ReclaimAsync([Assert.Single(await ClaimAsync()).Id], crashed: true, T0, CancellationToken.None);

        Assert.Equal(duplicate, await EnqueueAsync(Keyed("a")));
    }

    [Fact]
    public async Task Of_many_in_one_call_the_first_of_each_key_goes_in_and_each_gets_its_answer()
    {
        var known = await EnqueuedAsync(Keyed("known"));
        NewJob[] jobs = [Keyed("a"), Job(), Keyed("b"), Keyed("a"), Keyed("known"), Keyed("b"), Job(known)];

        var answers = await Ledger.InsertManyAsync(jobs, null, CancellationToken.None);

        EnqueueResult[] expected =
        [
            new EnqueueResult.Enqueued(jobs[0].Id), new EnqueueResult.Enqueued(jobs[1].Id), new EnqueueResult.Enqueued(jobs[2].Id),
            new EnqueueResult.Duplicate(jobs[0].Id), new EnqueueResult.Duplicate(known), new EnqueueResult.Duplicate(jobs[2].Id), new EnqueueResult.Duplicate(known),
        ];
        Assert.Equal(expected, answers);
        Assert.Equal(4, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task A_call_that_is_made_again_with_its_ids_finds_its_own_jobs()
    {
        List<NewJob> jobs = [.. Enumerable.Range(0, 80).Select(number => Keyed($"key-{number}")), .. Jobs(20)];
        await Ledger.InsertManyAsync(jobs, null, CancellationToken.None);

        Assert.Equal(jobs.Select(job => new EnqueueResult.Duplicate(job.Id)), await Ledger.InsertManyAsync(jobs, null, CancellationToken.None));
        Assert.Equal(100, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task Replacing_gives_the_waiting_job_the_last_payload_and_leaves_its_time()
    {
        var id = await EnqueuedAsync(Keyed("a") with { Delay = TimeSpan.FromHours(1) });
        var due = (await FindAsync(id)).RunAt;
        await Ledger.InsertManyAsync([Replacing("a", 1), Replacing("a", 2)], null, CancellationToken.None);

        var found = await FindAsync(id);
        Assert.Equal(("""{"n":2}""", due, LedgerState.Scheduled), (found.Payload, found.RunAt, found.State));
        Assert.Equal(1, (await CountsAsync()).Live);
    }

    [Fact]
    public async Task Replacing_with_a_delay_debounces()
    {
        var id = await EnqueuedAsync(Replacing("a", 1) with { Delay = TimeSpan.FromHours(1), MaxAge = TimeSpan.FromHours(1) });
        Assert.Equal(new EnqueueResult.Duplicate(id), await EnqueueAsync(Replacing("a", 2) with { Delay = TimeSpan.FromHours(5) }));

        var found = await FindAsync(id);
        Assert.InRange(found.RunAt, T0.AddHours(5).AddSeconds(-5), T0.AddHours(5).AddMinutes(1));
        Assert.Equal((found.RunAt.AddHours(1), """{"n":2}"""), (found.ExpiresAt, found.Payload));
        Assert.Equal(new EnqueueResult.Duplicate(id), await EnqueueAsync(Replacing("a", 3) with { RunAt = T0.AddHours(-1) }));
        Assert.Equal(LedgerState.Ready, await StateAsync(id));
    }

    [Fact]
    public async Task A_bumped_kind_frees_its_keys_for_all_ledgers_and_leaves_its_jobs()
    {
        var first = await EnqueuedAsync(Keyed("a"));
        var other = await EnqueuedAsync(Keyed("a") with { Kind = "test.other" });
        await using var second = Fixture.OpenAnother();
        await Ledger.BumpGenerationAsync(Kind, CancellationToken.None);

        var again = Assert.IsType<EnqueueResult.Enqueued>(await second.InsertAsync(Keyed("a"), null, CancellationToken.None));
        Assert.Equal(new EnqueueResult.Duplicate(again.JobId), await EnqueueAsync(Keyed("a")));
        Assert.Equal(new EnqueueResult.Duplicate(other), await EnqueueAsync(Keyed("a") with { Kind = "test.other" }));
        Assert.Equal(LedgerState.Ready, await StateAsync(first));
    }

    [Fact]
    public async Task A_dead_job_is_not_redriven_while_another_has_its_key_and_that_is_said()
    {
        var dispatch = await DispatchedAsync(Keyed("a"));
        await SettleAsync(dispatch, Ending.DeadLettered, reason: "x");
        var taker = await EnqueuedAsync(Keyed("a"));
        Assert.Equal(new RedriveReport(Ready: 0, KeyTaken: 1), await RedriveAsync());
        await Ledger.CancelAsync(taker, T0, CancellationToken.None);

        Assert.Equal(new RedriveReport(Ready: 1, KeyTaken: 0), await RedriveAsync());
        Assert.Equal(new EnqueueResult.Duplicate(dispatch.Jobs[0].Id), await EnqueueAsync(Keyed("a")));
        Assert.Equal(0, (await CountsAsync()).DeadNow);
    }

    [Fact]
    public async Task Of_two_dead_jobs_with_one_key_one_is_redriven()
    {
        for (var i = 0; i < 2; i++)
        {
            await SettleAsync(await DispatchedAsync(Keyed("a")), Ending.DeadLettered, reason: "x");
        }

        await SettleAsync(await DispatchedAsync(), Ending.DeadLettered, reason: "x");

        Assert.Equal(new RedriveReport(Ready: 2, KeyTaken: 1), await RedriveAsync());
        Assert.Equal((2, 1), ((await CountsAsync()).Ready, (await CountsAsync()).DeadNow));
    }

    private Task<RedriveReport> RedriveAsync() => Ledger.RedriveAsync(new DeadFilter(), T0, CancellationToken.None);
}
