using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using BusJobs.Ledger.Letters;

namespace BusJobs.IntegrationTests.Ledger;

public abstract class LettersContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    private IDeadLetters Letters => (IDeadLetters)Ledger;

    [Fact]
    public async Task The_newest_dead_jobs_come_first_and_the_beginning_of_a_reason_is_told()
    {
        var old = await DeadAsync("it broke", T0);
        var young = await DeadAsync(new string('x', 5_000), T0.AddMinutes(1), "acme");

        var dead = await Letters.NewestAsync(tenant: null, 10, None);
        Assert.Equal([(young, "acme"), (old, null)], dead.Select(job => (job.Id, job.Tenant)));
        var standings = (await Letters.StandingsAsync([old, young], None)).ToDictionary(job => job.Id, job => job.Reason);
        Assert.Equal(("it broke", new string('x', 2_000)), (standings[old], standings[young]));
        Assert.Equal(T0, dead[1].DiedAt);
        Assert.Equal(young, Assert.Single(await Letters.NewestAsync("acme", 10, None)).Id);
        Assert.Equal(young, Assert.Single(await Letters.NewestAsync(tenant: null, 1, None)).Id);
    }

    [Fact]
    public async Task Only_a_dead_job_takes_another_payload()
    {
        var dead = await DeadAsync("x", T0);
        var waiting = await InsertAsync();
        Assert.True(await Letters.AmendAsync(dead, """{"a":2}""", None));
        Assert.False(await Letters.AmendAsync(waiting, """{"a":2}""", None));
        Assert.False(await Letters.AmendAsync(NewId(), """{"a":2}""", None));
        await Assert.ThrowsAsync<JobRefusedException>(() => Letters.AmendAsync(dead, "{", None));
        Assert.Equal("""{"a":2}""", (await FindAsync(dead)).Payload);
        Assert.Equal("{}", (await FindAsync(waiting)).Payload);
    }

    [Fact]
    public async Task A_redrive_by_ids_redrives_those_and_no_other()
    {
        Guid[] dead = [await DeadAsync("x", T0), await DeadAsync("x", T0), await DeadAsync("x", T0, "acme")];
        var filter = new DeadFilter { JobIds = [dead[0], dead[2], NewId()] };
        Assert.Equal(2, await Ledger.CountDeadAsync(filter, None));
        Assert.Equal(1, await Ledger.CountDeadAsync(filter with { Tenant = "acme" }, None));
        Assert.Equal(new RedriveReport(2, 0), await Ledger.RedriveAsync(filter, T0, None));
        Assert.Equal(dead[1], Assert.Single(await Letters.NewestAsync(tenant: null, 10, None)).Id);
        Assert.Equal(0, await Ledger.CountDeadAsync(new DeadFilter { JobIds = [] }, None));
    }

    [Fact]
    public async Task A_job_in_flight_is_found_in_its_dispatch()
    {
        var pack = await DispatchedAsync();
        Assert.Equal(pack.Id, await Letters.DispatchOfAsync(pack.Jobs[0].Id, None));
        await SettleAsync(pack, Ending.RetryAt, delayMs: 1_000, "later");
        Assert.Null(await Letters.DispatchOfAsync(pack.Jobs[0].Id, None));
        Assert.Equal([new JobStanding(pack.Jobs[0].Id, LedgerState.Scheduled, "later")], await Letters.StandingsAsync([pack.Jobs[0].Id, NewId()], None));
    }

    [Fact]
    public async Task What_has_the_key_of_a_job_that_waits_for_it_is_told()
    {
        var key = Unique.WhileActive("k");
        var running = await DispatchedAsync(Job() with { Unique = key });
        var behind = Job() with { Unique = key };
        Assert.IsType<EnqueueResult.Enqueued>(await Ledger.InsertAsync(behind, transaction: null, None));
        Assert.Equal([new Hold.KeyTaken("k", running.Jobs[0].Id, LedgerState.Dispatched)], await Ledger.WhyAsync(behind.Id, T0, None));

        await SettleAsync(running, Ending.DeadLettered, reason: "x");
        await Ledger.ReleaseAsync(10, T0, None);
        var hold = Assert.IsType<Hold.KeyTaken>(Assert.Single((await Ledger.WhyAsync(running.Jobs[0].Id, T0, None))!));
        Assert.Equal(("k", behind.Id), (hold.UniqueKey, hold.JobId));
    }

    [Fact]
    public async Task A_depth_tells_how_long_the_oldest_has_waited()
    {
        Assert.Equal(new ReadyDepth(0, OldestDue: null), await Ledger.DepthAsync(Queue, 10, None));
        await AddAsync(Jobs(5));
        var depth = await Ledger.DepthAsync(Queue, 3, None);
        Assert.Equal(3, depth.Ready);
        Assert.InRange(depth.OldestDue!.Value, T0.AddMinutes(-1), T0.AddMinutes(1));
    }

    private async Task<Guid> DeadAsync(string reason, DateTimeOffset at, string? tenant = null)
    {
        var pack = await DispatchedAsync(Job() with { Tenant = tenant });
        await Ledger.SettleAsync([Settled(pack, [Word(pack.Jobs[0], Ending.DeadLettered) with { Reason = reason }])], at, None);
        return pack.Jobs[0].Id;
    }
}

public abstract class AuditContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    private IAuditTrail Trail => (IAuditTrail)Ledger;

    [Fact]
    public async Task Entries_come_back_newest_first_a_page_at_a_time()
    {
        var entry = new AuditEntry { Who = "ann", What = "queue.pause", Target = "mail", Detail = "they asked", Result = "paused" };
        foreach (var second in Enumerable.Range(0, 3))
        {
            await Trail.RecordAsync(entry with { Target = $"mail{second}", Detail = second == 0 ? null : entry.Detail }, T0.AddSeconds(second), None);
        }

        var page = await Trail.EntriesAsync(before: null, 2, None);
        Assert.Equal([entry with { Id = page[0].Id, At = T0.AddSeconds(2), Target = "mail2" }, entry with { Id = page[1].Id, At = T0.AddSeconds(1), Target = "mail1" }], page);
        var last = Assert.Single(await Trail.EntriesAsync(page[1].Id, 2, None));
        Assert.Equal(("mail0", null), (last.Target, last.Detail));
    }

    [Fact]
    public async Task A_text_that_the_database_would_refuse_does_not_lose_the_entry()
    {
        await Trail.RecordAsync(new AuditEntry { Who = "a\0b", What = "x", Target = "\ud800", Detail = new string('y', 100_000), Result = "z" }, now: null, None);
        var entry = Assert.Single(await Trail.EntriesAsync(before: null, 10, None));
        Assert.Equal(("a\ufffdb", "\ufffd", 2_000), (entry.Who, entry.Target, entry.Detail!.Length));
    }
}
