using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Faulty;

/// <summary>What the broker holds is bounded: jobs in flight by the window, copies of dead letters by their number.</summary>
public sealed class BoundsTests(PostgresFixture postgres, RabbitFixture rabbit)
    : FaultyTests(postgres, rabbit), IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task No_more_jobs_are_in_flight_than_the_window_allows_so_an_urgent_one_overtakes_the_backlog()
    {
        // Two slots and a pace of 25 ms, which is assumed at first, make a window of 20; slow handlers make it smaller.
        const int Window = 20;
        await using var story = await JobStory.StartAsync(Stage with { OtherQueues = [] }, slots: 2);
        await story.Jobs.EnqueueManyAsync(
            Enumerable.Range(0, 200).Select(number => new Scene("wait", number)), new EnqueueOptions { Timeout = TimeSpan.FromMinutes(5) });
        await story.Script.EnteredAsync();
        await story.Script.EnteredAsync();
        var urgent = await story.EnqueueAsync("pass", new EnqueueOptions { Priority = 0 });
        var most = 0L;
        await Eventually.HoldsAsync(async () =>
        {
            most = Math.Max(most, (await story.Ledger.CountsAsync(CancellationToken.None)).Dispatched);
            story.Script.Gate.Release(5);
            return story.Script.Played.Count > 100;
        });
        Assert.InRange(most, 2, Window);
        Assert.InRange(story.Script.Played.Select(act => act.Job).ToList().IndexOf(urgent), 0, Window + 2);
        story.Script.Gate.Release(1_000);
        await AllSucceedAsync(story);
        Assert.Equal(201, story.Script.Played.Count);
    }

    [Fact]
    public async Task The_broker_keeps_a_copy_of_each_dead_letter_up_to_a_number()
    {
        await using var story = await JobStory.StartAsync(Stage with { DeadLetterCopies = 10 });
        var dead = WorkQueue + ".dead";
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, 3).Select(number => new Scene("give up", number)));
        await Eventually.HoldsAsync(async () => await Saboteur.CountAsync(dead) == 3);
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(3, 27).Select(number => new Scene("give up", number)));
        await Eventually.HoldsAsync(async () => (await story.Ledger.CountsAsync(CancellationToken.None)).DeadNow == 30 && await Saboteur.CountAsync(dead) == 10);
    }
}
