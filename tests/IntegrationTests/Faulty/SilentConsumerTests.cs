using System.Reflection;
using BusJobs.Bus;
using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Worker;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Faulty;

/// <summary>A live process without consumers is the fault that nobody sees: it is noticed and mended.</summary>
public sealed class SilentConsumerTests(PostgresFixture postgres, RabbitFixture rabbit)
    : FaultyTests(postgres, rabbit), IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task A_consumer_that_ended_without_a_word_is_started_again()
    {
        await using var story = await JobStory.StartAsync(Stage);
        await IsBackAsync(story);
        var worker = story.Hosts[0].Services;
        await EndSilentlyAsync(worker.GetRequiredService<WorkerParts>().Queues.Single(queue => queue.Name == "default").Endpoint!);
        await Eventually.HoldsAsync(async () => await Saboteur.ConsumersAsync(WorkQueue) == 0);
        Assert.False(worker.GetRequiredService<WorkerHealth>().IsReady);
        await story.ReachesAsync(await story.EnqueueAsync("pass"), LedgerState.Succeeded);
        // The bus misses a consumer that it knows to be gone; a worker, one that only seems to be there.
        Assert.Contains(story.Log.Lines, line => line.Message.Contains("has had no consumer", StringComparison.Ordinal)
            || line.Message.Contains("its consumer is dead", StringComparison.Ordinal));
        await IsBackAsync(story);
        Assert.Equal(0, await CrashesAsync());
    }

    [Fact]
    public async Task A_work_queue_that_was_deleted_is_made_again_and_its_jobs_run()
    {
        await using var story = await JobStory.StartAsync(Stage, slots: 2, Flood(100));
        await story.Jobs.EnqueueManyAsync(
            Enumerable.Range(0, 100).Select(number => new Scene("wait", number)), new EnqueueOptions { Timeout = TimeSpan.FromMinutes(5) });
        await story.Script.EnteredAsync();
        await Eventually.HoldsAsync(async () => await Saboteur.CountAsync(WorkQueue) > 10);
        Assert.True(await Saboteur.DeleteQueueAsync(WorkQueue) > 10);
        story.Script.Gate.Release(1_000);
        await AllSucceedAsync(story);
        await IsBackAsync(story);
        Assert.Equal(0, await CrashesAsync());
    }

    [Fact]
    public async Task Connections_that_are_closed_under_load_repeat_no_more_than_what_was_in_flight()
    {
        await using var story = await LoadAsync(Stage, chains: 200);
        var inFlight = (await story.Ledger.CountsAsync(CancellationToken.None)).Dispatched;
        await Faults.CloseConnectionsAsync(Rabbit.Vhost);
        await IsBackAsync(story);
        await EndLoadAsync(story, chains: 200);
        Assert.Equal(0, await CrashesAsync());
        var repeated = story.Script.Played.GroupBy(act => act.Job).Count(job => job.Count() > 1);
        Assert.InRange(repeated, 0, Math.Max(200, inFlight));
    }

    /// <summary>As MassTransit's receive loop does when it meets a cancellation that it takes for its own: the endpoint ends, the bus stays.</summary>
    private static async Task EndSilentlyAsync(JobEndpoint endpoint)
    {
        var handle = typeof(JobEndpoint).GetField("handle", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(endpoint);
        await ((HostReceiveEndpointHandle)handle!).StopAsync(CancellationToken.None);
    }
}
