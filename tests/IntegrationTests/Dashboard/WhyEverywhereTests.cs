using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Upkeep;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Dashboard;

/// <summary>Each cause for which a job does not run, told in the same sentence by API, page and command line.</summary>
public sealed class WhyEverywhereTests(SqliteLedgerFixture fixture, RabbitFixture rabbit) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task What_nobody_would_run_tells_whether_a_worker_a_handler_or_an_end_of_a_drain_is_missing()
    {
        var job = await EnqueueAsync();
        await IsToldAsync(job, "no-worker", "^No live worker reads the queue default: start one");
        var other = await HearAsync(beat => beat with { Kinds = ["test.other"] });
        await IsToldAsync(job, "no-handler", "^1 live worker reads the queue default, and none has a handler of the kind test.job.$");
        await HearAsync(beat => beat with { WorkerId = other.WorkerId, Goodbye = false, Draining = true });
        await Eventually.HoldsAsync(async () => (await CausesAsync(job))[0].Code == "draining");
        await IsToldAsync(job, "draining", "^Every worker of the queue default drains and takes no new work.$");
    }

    [Fact]
    public async Task What_waits_for_its_turn_runs_or_was_lost_tells_where_it_is()
    {
        var job = await EnqueueAsync();
        var worker = await HearAsync();
        await IsToldAsync(job, "turn", "^Nothing but its turn: 1 job waits in the queue default, the oldest for .+, and workers run 8 of them at once.$");
        var dispatch = Assert.Single(await DispatchAsync());
        await IsToldAsync(job, "unheld", "^It was sent to the queue default, and no live worker says that it has it");
        await HearAsync(beat => beat with { WorkerId = worker.WorkerId, Held = [dispatch.Id] });
        await Eventually.HoldsAsync(async () => (await CausesAsync(job))[0].Code == "running");
        await IsToldAsync(job, "running", "^The worker worker-1 has it");
    }

    [Fact]
    public async Task A_pause_tells_by_whom_and_why()
    {
        await Ledger.PauseAsync(PauseScope.Kind, Kind, "ann", "their disk is full", now: null, None);
        await IsToldAsync(await EnqueueAsync(), "paused", "^The kind test.job was paused by ann .+ ago: their disk is full.$");
    }

    [Fact]
    public async Task What_waits_for_its_time_tells_whether_that_is_a_date_a_retry_a_parking_or_a_coordinator()
    {
        await IsToldAsync(await EnqueueAsync(new EnqueueOptions { Delay = TimeSpan.FromHours(2) }), "time", "^It is due in (2 h|1 h 59 min), at 20.+ UTC.$");
        var failed = await EnqueueAsync();
        await SettleOnceAsync(Ending.RetryAt, "TimeoutException: slow", delayMs: 600_000);
        await IsToldAsync(failed, "retry", @"^Attempt 1 failed \(TimeoutException: slow\). The next is due in (10 min|9 min \d+ s), at ");
        var parked = await EnqueueAsync();
        await Ledger.ClaimAsync("default", Lane.Normal, 10, (_, jobs) => new Packed([], [.. jobs.Select(job => new Misfit(job.Job.Id, "its message is too large", TimeSpan.FromMinutes(5)))]), now: null, None);
        await IsToldAsync(parked, "time", "^It waits: its message is too large. It is due again in (5 min|4 min .+), at ");
        var overdue = await EnqueueAsync(new EnqueueOptions { Delay = TimeSpan.FromMilliseconds(20) });
        await Eventually.HoldsAsync(async () => (await CausesAsync(overdue))[0].Code == "overdue");
        await IsToldAsync(overdue, "overdue", "^It has been due for .+ A coordinator makes it ready within seconds: if this lasts, none is running.$");
    }

    [Fact]
    public async Task Limits_tell_how_many_run_or_when_the_next_slot_is()
    {
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Kind, Kind) { MaxRunning = 1 }, None);
        await Ledger.SetLimitAsync(new DispatchLimit(LimitScope.Tenant, "acme") { Rate = new Rate(1, TimeSpan.FromMinutes(10)) }, None);
        await EnqueueAsync(new EnqueueOptions { Tenant = "acme" });
        Assert.Single(await DispatchAsync());
        var job = await EnqueueAsync(new EnqueueOptions { Tenant = "acme" });
        await IsToldAsync(job, "limit", "^The kind test.job may have 1 job running at once, and 1 does: it starts when one of them ends.$");
        await IsToldAsync(job, "rate", "^The tenant acme may start 1 job in 10 min, and has: the next slot is in .+, at .+ UTC.$");
    }

    [Fact]
    public async Task Keys_tell_behind_which_job()
    {
        var first = await EnqueueAsync(new EnqueueOptions { SerialKey = "repo:1", Unique = Unique.WhileActive("u") });
        Assert.Single(await DispatchAsync());
        var (behind, twin) = (await EnqueueAsync(new EnqueueOptions { SerialKey = "repo:1" }), await EnqueueAsync(new EnqueueOptions { Unique = Unique.WhileActive("u") }));
        await IsToldAsync(behind, "serial", $@"^It waits behind job {first} \(running\), which has the same serial key 'repo:1' and must end first.");
        await IsToldAsync(twin, "key", $@"^Job {first} \(running\) has the unique key 'u': this one may not run beside it.");
    }

    [Fact]
    public async Task What_has_ended_tells_how_and_what_would_bring_it_back()
    {
        var dead = (await DeadAsync(1, "it broke"))[0];
        await IsToldAsync(dead, "dead", "^It died .+ after 1 attempt: it broke. It runs again only when somebody retries it.$");
        await Story.PostAsync($"/api/jobs/{dead}/discard", "");
        await IsToldAsync(dead, "discarded", "^It was dead, and test discarded it .+ A retry brings it back, until the cleanup removes it.$");
        var done = await EnqueueAsync();
        await SettleOnceAsync(Ending.Completed);
        await IsToldAsync(done, "ended", "^It succeeded .+ ago.$");
    }

    [Fact]
    public async Task A_broker_that_is_away_is_told()
    {
        await using var story = await ApiStory.StartAsync(Fixture, services: services => services.AddBusJobsBus(bus => bus.RabbitMq = new Uri("amqp://guest:guest@127.0.0.1:1/")));
        var job = await EnqueueAsync();
        await IsToldAsync(job, "broker", "^The broker is not connected to this server", story);
    }

    [Fact]
    public async Task A_server_without_a_coordinator_of_its_own_tells_when_none_lives_elsewhere()
    {
        await using var story = await ApiStory.StartAsync(Fixture, services: services => services.AddBusJobsBus(bus => bus.RabbitMq = rabbit.Address));
        var job = await EnqueueAsync();
        await Eventually.HoldsAsync(async () => (await CausesAsync(job, story))[0].Code == "coordinator", TimeSpan.FromSeconds(60));
        await IsToldAsync(job, "coordinator", "^No coordinator has ever run on this ledger: nothing is dispatched or settled until one runs.$", story);
        await LiveAsync(TimeSpan.FromMinutes(5));
        await IsToldAsync(job, "coordinator", "^No coordinator has given a sign of life for 5 min.*: nothing is dispatched or settled until one runs.$", story);
        Assert.Contains("No coordinator has given a sign of life", await story.Http.GetStringAsync("/"), StringComparison.Ordinal);
        await LiveAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(["no-worker"], (await CausesAsync(job, story)).Select(cause => cause.Code));

        Task LiveAsync(TimeSpan ago) => ((IUpkeepStore)Ledger).RecordRunAsync(
            new ServiceRun(CoordinatorHealth.SignOfLife, TimeProvider.System.GetUtcNow() - ago, TimeSpan.Zero, Did: null, Error: null), None);
    }

    private async Task<Guid> EnqueueAsync(EnqueueOptions? options = null)
    {
        var job = NewJob.From(Kind, "default", "{}", options, TimeProvider.System);
        Assert.IsType<EnqueueResult.Enqueued>(await Ledger.InsertAsync(job, transaction: null, None));
        return job.Id;
    }

    private async Task SettleOnceAsync(Ending ending, string? reason = null, long delayMs = 0)
    {
        var pack = Assert.Single(await DispatchAsync());
        await Ledger.SettleAsync(
            [
                new Settled
                {
                    DispatchId = pack.Id, Worker = "worker-1", Kind = pack.Kind, Queue = pack.Queue, Last = true,
                    Jobs = [.. pack.Jobs.Select(job => new Settlement(job.Id, job.Fence, ending) { Reason = reason, DelayMs = delayMs })],
                },
            ],
            now: null, None);
    }

    private async Task<IReadOnlyList<(string Code, string Sentence)>> CausesAsync(Guid job, ApiStory? story = null) => await Told.CausesAsync($"/api/jobs/{job}/why", story ?? Story);

    private async Task IsToldAsync(Guid job, string code, string sentence, ApiStory? on = null)
    {
        var story = on ?? Story;
        Assert.Matches(sentence, (await CausesAsync(job, story)).FirstOrDefault(cause => cause.Code == code).Sentence ?? $"no {code} among {string.Join(", ", await CausesAsync(job, story))}");
        await Told.IsSeenAsync(story, $"/jobs/{job}", sentence, "jobs", "why", job.ToString());
    }
}
