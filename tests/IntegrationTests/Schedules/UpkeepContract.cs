using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger.Audit;
using BusJobs.Ledger.Upkeep;
using BusJobs.Scheduling.Services;
using Microsoft.Extensions.Logging.Abstractions;

namespace BusJobs.IntegrationTests.Schedules;

/// <summary>Who leads, what is remembered of runs, and how finished jobs go.</summary>
public abstract class UpkeepContract(LedgerFixture fixture) : SchedulesContract(fixture)
{
    private readonly CleanupOptions retention = new() { Batch = 100, Breath = TimeSpan.Zero };

    private Cleanup Cleanup(IUpkeepStore? store = null) => new(
        store ?? Upkeep, new SchedulerIdentity(Clock), Microsoft.Extensions.Options.Options.Create(Options), Microsoft.Extensions.Options.Options.Create(retention),
        Clock, NullLogger<Cleanup>.Instance);

    [Fact]
    public async Task One_leads_until_its_lease_is_over_or_given_up()
    {
        var (one, other) = (NewId(), NewId());
        Assert.True(await LeaseAsync(one));
        Assert.True(await LeaseAsync(one));
        Assert.False(await LeaseAsync(other));
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await LeaseAsync(other));
        await Upkeep.ReleaseAsync("s", one, None);
        Assert.False(await LeaseAsync(one));
        await Upkeep.ReleaseAsync("s", other, None);
        Assert.True(await LeaseAsync(one));

        Task<bool> LeaseAsync(Guid holder) => Upkeep.LeaseAsync("s", holder, TimeSpan.FromMinutes(1), Now, None);
    }

    [Fact]
    public async Task A_run_that_did_something_or_failed_is_remembered_and_every_run_is_noted()
    {
        await Upkeep.LeaseAsync("s", NewId(), TimeSpan.FromMinutes(1), Now, None);
        foreach (var (did, error) in new[] { ("3 fired", null), (null, "the database is away"), ((string?)null, (string?)null) })
        {
            await Upkeep.RecordRunAsync(new ServiceRun("s", Now, TimeSpan.FromMilliseconds(5), did, error), None);
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["the database is away", null], (await Upkeep.RunsAsync("s", 10, None)).Select(run => run.Error));
        Assert.Equal(new ServiceRun("s", Now.AddSeconds(-1), TimeSpan.FromMilliseconds(5), null, null), Assert.Single(await Upkeep.ServicesAsync(None)).LastRun);
        Assert.Equal(2, await Upkeep.RemoveHistoryAsync(Now, 10, None));
        Assert.Empty(await Upkeep.RunsAsync("s", 10, None));
    }

    [Fact]
    public async Task The_record_of_deeds_goes_after_its_retention_the_oldest_first_and_in_bounded_batches()
    {
        var trail = (IAuditTrail)Ledger;
        foreach (var age in new[] { 3, 2, 1 })
        {
            await trail.RecordAsync(new AuditEntry { Who = "ann", What = $"{age}", Target = "t", Result = "done" }, Now.AddDays(-age), None);
        }

        Assert.Equal(0, await Upkeep.RemoveAuditAsync(Now.AddDays(-4), 10, None));
        Assert.Equal(1, await Upkeep.RemoveAuditAsync(Now.AddHours(-36), 1, None));
        Assert.Equal(["1", "2"], (await trail.EntriesAsync(before: null, 10, None)).Select(entry => entry.What));
        Assert.Equal(1, await Upkeep.RemoveAuditAsync(Now.AddHours(-36), 10, None));
        Assert.Equal(["1"], (await trail.EntriesAsync(before: null, 10, None)).Select(entry => entry.What));
    }

    [Fact]
    public async Task Finished_jobs_go_after_their_retention_in_bounded_batches_and_the_others_stay()
    {
        await FinishAsync(Enumerable.Range(0, 450).Select(_ => Job()), Ending.Completed);
        await FinishAsync(Enumerable.Range(0, 30).Select(_ => Job(kind: "test.kept")), Ending.Completed);
        await FinishAsync(Enumerable.Range(0, 20).Select(_ => Job()), Ending.DeadLettered);
        await Ledger.InsertManyAsync(Jobs(10), null, None);
        await Fixture.ExecuteAsync($"insert into {Fixture.Table("follow_up")} (job_id, follows) select id, id from {Fixture.Table("job")}");
        retention.Kinds["test.kept"] = TimeSpan.FromDays(90);
        var largest = await RemoveAsync(TimeSpan.FromDays(8));

        Assert.InRange(largest, 1, 100);
        var counts = await CountsAsync();
        Assert.Equal((60, 20, 10), (await RowsAsync("job"), counts.DeadNow, counts.Ready));
        Assert.Equal((20, 60), (await RowsAsync("attempt"), await RowsAsync("follow_up")));
        await RemoveAsync(TimeSpan.FromDays(31));
        Assert.Equal((40, 0, 0), (await RowsAsync("job"), (await CountsAsync()).DeadNow, await RowsAsync("attempt")));
    }

    [Fact]
    public async Task Cleanup_leads_notes_what_it_did_and_has_nothing_left_to_do()
    {
        await FinishAsync(Jobs(250), Ending.Completed);
        Clock.Advance(T0 - Now + TimeSpan.FromDays(8));
        using var cleanup = Cleanup();
        using var other = Cleanup();

        var report = await RunAsync(cleanup);
        Assert.Equal("250 jobs and 0 rows of history removed", report?.Did);
        Assert.Equal(retention.Interval, report!.Pause);
        Assert.Null((await RunAsync(other))!.Did);
        Assert.Null((await RunAsync(cleanup))!.Did);
        Assert.Equal((Now, 0), (cleanup.LastRunAt, await RowsAsync("job")));
        Assert.Equal(report.Did, Assert.Single(await Upkeep.RunsAsync("cleanup", 10, None)).Did);
    }

    [Theory]
    [InlineData(100, 200)]
    [InlineData(9, 20)]
    public async Task Cleanup_rests_twice_as_long_as_a_batch_took_and_never_less_than_its_breath(int took, int rest)
    {
        await FinishAsync(Jobs(250), Ending.Completed);
        Clock.Advance(T0 - Now + TimeSpan.FromDays(8));
        retention.Breath = TimeSpan.FromMilliseconds(20);
        using var cleanup = Cleanup(SlowRemovals.Of(Upkeep, Clock, TimeSpan.FromMilliseconds(took)));

        var run = RunAsync(cleanup);
        foreach (var left in new[] { 150, 50, 0 })
        {
            await Eventually.HoldsAsync(async () => await Clock.NextAlarmAsync() == TimeSpan.FromMilliseconds(rest));
            Clock.Advance(TimeSpan.FromMilliseconds(rest - 1));
            Assert.Equal(left, await RowsAsync("job"));
            Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal("250 jobs and 0 rows of history removed", (await run.WaitAsync(TimeSpan.FromSeconds(30)))!.Did);
    }

    private static Task<RunReport?> RunAsync(Cleanup cleanup) => cleanup.RunOnceAsync(None);

    /// <returns>The most rows that one batch removed.</returns>
    private async Task<int> RemoveAsync(TimeSpan later)
    {
        var rules = retention.Rules(T0 + later);
        var (largest, reached) = (0, (Guid?)Guid.Empty);
        while (reached is { } after)
        {
            var page = await Upkeep.RemoveJobsAsync(rules, after, new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff"), retention.Batch, None);
            (largest, reached) = (Math.Max(largest, page.Removed), page.Last);
        }

        return largest;
    }

    private async Task FinishAsync(IEnumerable<NewJob> jobs, Ending ending)
    {
        await Ledger.InsertManyAsync([.. jobs], null, None);
        foreach (var dispatch in await ClaimAsync())
        {
            await SettleAsync(dispatch, ending, reason: ending == Ending.DeadLettered ? "broken" : null);
        }
    }
}
