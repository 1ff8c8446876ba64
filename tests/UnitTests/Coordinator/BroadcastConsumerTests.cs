using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.Coordinator.Tracking;
using BusJobs.UnitTests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.UnitTests.Coordinator;

public sealed class BroadcastConsumerTests
{
    [Fact]
    public async Task A_beat_is_heard_also_while_the_database_cannot_keep_the_progress_in_it()
    {
        using var story = new LostWorkStory();
        await using var bus = new JobBus(Options.Create(new BusOptions()), NullLoggerFactory.Instance, TimeProvider.System);
        var logger = new ListLogger<BroadcastConsumer>();
        var pulses = new Pulses(bus, story.Tracker, new CoordinatorIdentity(story.Clock), new Untaken(), story.Clock, NullLogger<Pulses>.Instance);
        var consumer = new BroadcastConsumer(story.Tracker, pulses, new ScriptedLedger(_ => Task.CompletedTask), logger);
        await consumer.HearAsync(story.Start("a").Write(), CancellationToken.None);
        Assert.Single(story.Tracker.Live);
        Assert.Equal(3035, Assert.Single(logger.Lines).Event);
    }
}
