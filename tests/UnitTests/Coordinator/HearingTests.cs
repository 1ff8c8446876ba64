using BusJobs.Coordinator.Tracking;
using BusJobs.UnitTests.Support;

namespace BusJobs.UnitTests.Coordinator;

public sealed class HearingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ManualClock clock = new();

    [Fact]
    public async Task A_coordinator_whose_pulses_are_taken_and_do_not_come_back_is_deaf_after_a_while()
    {
        var hearing = new Hearing(clock);
        await hearing.AskAsync(() => Task.CompletedTask);
        clock.Advance(Patience / 2);
        await hearing.AskAsync(() => Task.CompletedTask);
        Assert.False(hearing.IsDeaf(Patience, Patience));

        clock.Advance(Patience / 2);
        Assert.True(hearing.IsDeaf(Patience, Patience));
        Assert.False(hearing.IsDeaf(Patience / 2, Patience));
    }

    [Fact]
    public async Task A_coordinator_whose_broker_was_away_is_not_deaf_before_the_broker_has_taken_its_pulses_for_as_long()
    {
        var hearing = new Hearing(clock);
        await hearing.AskAsync(() => Task.CompletedTask);
        clock.Advance(Patience);
        await Assert.ThrowsAsync<TimeoutException>(() => hearing.AskAsync(() => throw new TimeoutException()));
        Assert.False(hearing.IsDeaf(Patience * 2, Patience));

        await hearing.AskAsync(() => Task.CompletedTask);
        Assert.False(hearing.IsDeaf(Patience * 2, Patience));
        clock.Advance(Patience);
        Assert.True(hearing.IsDeaf(Patience * 3, Patience));
    }
}
