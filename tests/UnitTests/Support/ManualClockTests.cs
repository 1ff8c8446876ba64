namespace BusJobs.UnitTests.Support;

public sealed class ManualClockTests
{
    [Fact]
    public void Timers_fire_in_the_order_in_which_they_are_due_and_each_at_its_own_time()
    {
        var clock = new ManualClock();
        var start = clock.GetUtcNow();
        var rung = new List<(string Name, TimeSpan At)>();
        using var late = clock.CreateTimer(_ => rung.Add(("late", clock.GetUtcNow() - start)), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        using var early = clock.CreateTimer(_ => rung.Add(("early", clock.GetUtcNow() - start)), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([("early", TimeSpan.FromSeconds(1)), ("late", TimeSpan.FromSeconds(2))], rung);
        Assert.Equal(TimeSpan.FromSeconds(5), clock.GetElapsedTime(start.Ticks));
    }

    [Fact]
    public void A_periodic_timer_fires_once_per_period()
    {
        var clock = new ManualClock();
        var rung = 0;
        using var timer = clock.CreateTimer(_ => rung++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromSeconds(3.5));
        Assert.Equal(3, rung);
    }

    [Fact]
    public async Task A_delay_ends_when_the_clock_has_passed_it_and_not_before()
    {
        var clock = new ManualClock();
        var delay = Task.Delay(TimeSpan.FromMinutes(1), clock);
        Assert.Equal(TimeSpan.FromMinutes(1), await clock.NextAlarmAsync());
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(delay.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await delay;
        Assert.Equal(0, clock.Alarms);
    }

    [Fact]
    public void A_step_that_a_timer_takes_is_kept_and_a_step_back_is_one()
    {
        var clock = new ManualClock();
        var start = clock.GetUtcNow();
        using var timer = clock.CreateTimer(_ => clock.Advance(TimeSpan.FromSeconds(10)), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(11), clock.GetUtcNow() - start);
        clock.Advance(TimeSpan.FromSeconds(-5));
        Assert.Equal(TimeSpan.FromSeconds(6), clock.GetUtcNow() - start);
    }
}
