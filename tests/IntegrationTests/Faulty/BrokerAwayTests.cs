using BusJobs.Bus;
using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Faulty;

[Collection(ServerFaults.Name)]
public sealed class BrokerAwayTests(PostgresFixture postgres, RabbitFixture rabbit)
    : FaultyTests(postgres, rabbit), IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private const int Chains = 200;

    [Fact]
    public async Task A_broker_that_stops_and_starts_five_times_loses_no_job_and_gets_its_consumers_back_each_time()
    {
        await using var story = await LoadAsync(Stage, Chains);
        for (var i = 0; i < 5; i++)
        {
            await Faults.StopRabbitAppAsync();
            await Faults.StartRabbitAppAsync();
            await IsBackAsync(story);
            Assert.Equal(1u, await Saboteur.ConsumersAsync(WorkQueue));
        }

        await EndLoadAsync(story, Chains);
        Assert.Equal(0, await CrashesAsync());
    }

    [Fact]
    public async Task A_killed_broker_loses_no_job()
    {
        await using var story = await LoadAsync(Stage, Chains);
        await Faults.KillRabbitAsync();
        await Faults.StartRabbitAsync();
        await IsBackAsync(story);
        await EndLoadAsync(story, Chains);
        Assert.Equal(0, await CrashesAsync());
    }

    [Fact]
    public async Task A_worker_cut_off_from_the_broker_cancels_its_jobs_before_its_lease_ends_and_nobody_is_taken_for_dead()
    {
        var stage = Stage with { Lease = TimeSpan.FromSeconds(4) };
        await using var story = await JobStory.StartAsync(stage, slots: 4);
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, 100).Select(number => new Scene("wait", number)), new EnqueueOptions { Timeout = TimeSpan.FromMinutes(5) });
        for (var i = 0; i < 4; i++)
        {
            await story.Script.EnteredAsync();
        }

        await Faults.StopRabbitAppAsync();
        try
        {
            await Eventually.HoldsAsync(() => story.Script.Stopped.Count == 4);
            var lost = Assert.Single(story.Log.Lines, line => line.Message.Contains("the lease is lost", StringComparison.Ordinal));
            Assert.InRange((TimeSpan)lost.Values["Silence"]!, stage.Lease / 2, stage.Lease);
            Assert.False(IsReady(story));
        }
        finally
        {
            await Faults.StartRabbitAppAsync();
        }

        story.Script.Gate.Release(10_000);
        await IsBackAsync(story);
        await AllSucceedAsync(story);
        Assert.Equal(0, await CrashesAsync());
        Assert.DoesNotContain(story.Log.Lines, line => line.Message.Contains("taken for dead", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_memory_alarm_of_the_broker_does_not_stop_producers_and_no_job_is_lost()
    {
        await using var story = await LoadAsync(Stage, Chains);
        await Faults.RaiseMemoryAlarmAsync();
        try
        {
            Assert.Equal(500, (await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, 500).Select(number => new Scene("pass", number)))).Count);
            await Eventually.HoldsAsync(() => !IsReady(story));
            await GivesUpAsync(story.Hosts[0].Services.GetRequiredService<JobBus>(), Stage.Lease);
            // It looks like a connection that was lost for good; a new bus does no harm, and does all that the one before did.
            await Eventually.HoldsAsync(() => story.Log.Lines.Any(line => line.Message.Contains("its bus is made anew", StringComparison.Ordinal)));
        }
        finally
        {
            await Faults.EndMemoryAlarmAsync();
        }

        await IsBackAsync(story);
        await EndLoadAsync(story, Chains);
        Assert.Equal(0, await CrashesAsync());
    }

    /// <summary>Neither waits out the ten seconds of a send: after a lease somebody else may have the dispatch, and what is repeated anyway leaves room for a second try.</summary>
    private static async Task GivesUpAsync(JobBus bus, TimeSpan lease)
    {
        var (brief, patient) = (bus.SendBrieflyAsync("nobody", new CancelJobs { JobIds = [] }, CancellationToken.None), bus.SendAsync("nobody", new CancelJobs { JobIds = [] }, mandatory: false, CancellationToken.None));
        Assert.Contains($"within {lease.TotalSeconds / 3:0.#} s", (await Assert.ThrowsAsync<TimeoutException>(() => brief)).Message, StringComparison.Ordinal);
        Assert.Contains($"within {lease.TotalSeconds:0.#} s", (await Assert.ThrowsAsync<TimeoutException>(() => patient)).Message, StringComparison.Ordinal);
    }
}
