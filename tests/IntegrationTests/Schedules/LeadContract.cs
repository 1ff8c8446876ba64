using System.Diagnostics.Metrics;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger.Upkeep;
using BusJobs.Scheduling;
using BusJobs.Scheduling.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.IntegrationTests.Schedules;

/// <summary>Who leads a run, and how long others wait for a leader that does not come back.</summary>
public abstract class LeadContract(LedgerFixture fixture) : SchedulesContract(fixture)
{
    [Fact]
    public async Task A_leader_that_was_killed_in_the_middle_of_a_run_is_followed_within_ten_seconds()
    {
        Assert.True(await Upkeep.LeaseAsync("s", NewId(), TimedService.Lease, Now, None));
        using var other = Service(_ => Task.CompletedTask);
        Assert.Null(await other.RunOnceAsync(None));
        Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull(await other.RunOnceAsync(None));
    }

    [Fact]
    public async Task A_leader_that_was_killed_between_two_runs_is_followed_at_once()
    {
        using var one = Service(_ => Task.CompletedTask);
        using var other = Service(_ => Task.CompletedTask);
        Assert.NotNull(await one.RunOnceAsync(None));
        Assert.NotNull(await other.RunOnceAsync(None));
    }

    [Fact]
    public async Task A_long_run_keeps_its_lead_and_gives_it_back()
    {
        var end = new TaskCompletionSource();
        using var one = Service(token => end.Task.WaitAsync(token));
        using var other = Service(_ => Task.CompletedTask);
        var run = one.RunOnceAsync(None);
        for (var seconds = 0; seconds < 30; seconds += 3)
        {
            await RenewalIsNextAsync();
            var until = await HeldUntilAsync();
            Clock.Advance(TimeSpan.FromSeconds(3));
            await Eventually.HoldsAsync(async () => await HeldUntilAsync() > until);
            Assert.Null(await other.RunOnceAsync(None));
        }

        end.SetResult();
        Assert.NotNull(await run);
        Assert.NotNull(await other.RunOnceAsync(None));
    }

    [Fact]
    public async Task A_run_whose_lead_was_taken_while_it_was_frozen_is_ended_and_told_of()
    {
        using var one = Service(token => Task.Delay(Timeout.InfiniteTimeSpan, Clock, token));
        var run = one.RunOnceAsync(None);
        await RenewalIsNextAsync();
        Assert.True(await Upkeep.LeaseAsync("s", NewId(), TimeSpan.FromHours(1), Now.AddMinutes(1), None));
        Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Null((await run)!.Did);
        Assert.Equal("the lead was lost", one.LastError);
        Assert.Equal("the lead was lost", Assert.Single(await Upkeep.RunsAsync("s", 10, None)).Error);
    }

    [Fact]
    public async Task What_waits_and_runs_is_counted_by_queue_and_told_to_everybody_until_it_is_old()
    {
        await Ledger.InsertManyAsync([.. Jobs(5), Job(queue: "mail"), Job(queue: "mail") with { RunAt = TimeProvider.System.GetUtcNow().AddDays(1) }], null, None);
        await ClaimAsync(limit: 2);
        var depths = (await Upkeep.DepthsAsync(now: null, None)).ToDictionary(depth => depth.Queue);
        Assert.Equal((0, 3, 2), (depths[Queue].Scheduled, depths[Queue].Ready, depths[Queue].Dispatched));
        Assert.Equal((1, 1, 0), (depths["mail"].Scheduled, depths["mail"].Ready, depths["mail"].Dispatched));
        Assert.InRange(depths["mail"].OldestSeconds, 0, 600);

        using var reporter = Reporter();
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var gauges = new LedgerGauges(Upkeep, Clock, services.GetRequiredService<IMeterFactory>());
        Assert.Null(gauges.LastReportedAt);
        Assert.NotNull(await reporter.RunOnceAsync(None));
        await gauges.RefreshAsync(None);
        Assert.Equal(Now, gauges.LastReportedAt);
    }

    [Fact]
    public async Task A_queue_that_has_run_empty_is_told_to_be_empty()
    {
        var job = await InsertAsync();
        using var reporter = Reporter();
        await reporter.RunOnceAsync(None);
        await Ledger.CancelAsync(job, Now, None);
        await reporter.RunOnceAsync(None);
        Assert.Equal(new QueueDepth(Queue, 0, 0, 0, 0), Assert.Single((await Upkeep.FindReportAsync(None))!.Queues));
    }

    [Fact]
    public async Task A_report_has_a_bounded_size()
    {
        await Ledger.InsertManyAsync([.. Enumerable.Range(0, 250).Select(i => Job(queue: $"q{i}"))], null, None);
        using var reporter = Reporter();
        await reporter.RunOnceAsync(None);
        var report = (await Upkeep.FindReportAsync(None))!;
        Assert.Equal(201, report.Queues.Count);
        Assert.Equal(("other", 50), (report.Queues[^1].Queue, report.Queues[^1].Ready));
    }

    private static IOptions<SchedulingOptions> Of(SchedulingOptions options) => Microsoft.Extensions.Options.Options.Create(options);

    private MetricsReporter Reporter() => new(Upkeep, Ledger, new SchedulerIdentity(Clock), Of(Options), Clock, NullLogger<MetricsReporter>.Instance);

    private Worker Service(Func<CancellationToken, Task> work) => new(work, Upkeep, new SchedulerIdentity(Clock), Of(Options), Clock);

    /// <summary>Somebody leads a run, and waits for the time to renew the lead.</summary>
    private Task RenewalIsNextAsync() => Eventually.HoldsAsync(async () => await Clock.NextAlarmAsync() == TimedService.Lease / 3);

    private async Task<DateTimeOffset> HeldUntilAsync() => (await Upkeep.ServicesAsync(None)) is [var service] ? service.HeldUntil : DateTimeOffset.MinValue;

    private sealed class Worker(Func<CancellationToken, Task> work, IUpkeepStore store, SchedulerIdentity identity, IOptions<SchedulingOptions> options, TimeProvider clock)
        : TimedService(store, identity, options, clock, NullLogger.Instance)
    {
        public override string Name => "s";

        public override TimeSpan Rest => TimeSpan.FromMinutes(10);

        protected override async Task<RunReport> WorkAsync(CancellationToken cancellationToken)
        {
            await work(cancellationToken);
            return new RunReport("worked", Rest);
        }
    }
}
