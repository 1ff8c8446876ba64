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
        // Two slots and the 25 ms that are assumed of a kind at first make a window of 20; handlers that take longer make it smaller.
        const int Window = 20;
        await using var story = await JobStory.StartAsync(Stage with { OtherQueues = [] }, slots: 2);
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, 100).Select(number => new Scene("take a while", number)));
        await Eventually.HoldsAsync(() => !story.Script.Played.IsEmpty);
        var before = story.Script.Played.Count;
        var urgent = await story.EnqueueAsync("pass", new EnqueueOptions { Priority = 0 });
        var most = 0L;
        await Eventually.HoldsAsync(async () =>
        {
            var counts = await story.Ledger.CountsAsync(CancellationToken.None);
            most = Math.Max(most, counts.Dispatched);
            return counts.Live == 0;
        });
        Assert.InRange(most, 2, Window);
        // Meanwhile a window may have begun, and another be on its way.
        Assert.InRange(story.Script.Played.Select(act => act.Job).ToList().IndexOf(urgent), 0, before + (2 * Window));
        Assert.Equal(101, story.Script.Played.Count);
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
