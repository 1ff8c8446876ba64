using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Contracts;

public sealed class BackoffTests
{
    private static readonly Gen<double> Jitter = Gen.Choose(0, 999_999).Select(i => i / 1_000_000.0);

    [Fact]
    public void The_default_doubles_from_two_seconds_to_an_hour()
    {
        var backoff = Backoff.Exponential();
        Assert.Equal([1, 2, 4, 8, 16], Enumerable.Range(1, 5).Select(attempt => backoff.DelayAfter(attempt, jitter: 0).TotalSeconds));
        Assert.Equal(TimeSpan.FromMinutes(30), backoff.DelayAfter(1_000, jitter: 0));
    }

    [Fact]
    public void A_delay_lies_in_the_upper_half_of_its_full_length_and_never_above_the_cap()
    {
        var cases =
            from first in Gen.Choose(1, 1_000_000)
            from more in Gen.Choose(0, 1_000_000)
            from attempt in Gen.Frequency((9, Gen.Choose(1, 40)), (1, Gen.Choose(-5, int.MaxValue)))
            from jitter in Jitter
            select (First: TimeSpan.FromMilliseconds(first), Cap: TimeSpan.FromMilliseconds(first + more), attempt, jitter);
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var delay = Backoff.Exponential(one.First, one.Cap).DelayAfter(one.attempt, one.jitter);
            var full = Math.Min(one.First.TotalMilliseconds * Math.Pow(2, Math.Max(one.attempt, 1) - 1), one.Cap.TotalMilliseconds);
            return delay.TotalMilliseconds >= (full / 2) - 0.001 && delay.TotalMilliseconds < full && delay <= one.Cap;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Full_lengths_never_shrink_from_attempt_to_attempt()
    {
        Prop.ForAll(Gen.Choose(1, 100_000).ToArbitrary(), first =>
        {
            var backoff = Backoff.Exponential(TimeSpan.FromMilliseconds(first), TimeSpan.FromHours(24));
            var delays = Enumerable.Range(1, 100).Select(attempt => backoff.DelayAfter(attempt, jitter: 0)).ToList();
            return delays.SequenceEqual(delays.Order()) && delays[^1] == TimeSpan.FromHours(12);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_list_is_followed_to_the_letter_and_its_last_delay_repeats()
    {
        var backoff = Backoff.Intervals(TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromDays(30));
        Assert.Equal([0, 0, 0, 5, 2_592_000, 2_592_000], ((int[])[-1, 0, 1, 2, 3, int.MaxValue]).Select(attempt => backoff.DelayAfter(attempt, 0.9).TotalSeconds));
    }

    [Fact]
    public void A_list_that_is_changed_afterwards_changes_nothing()
    {
        TimeSpan[] delays = [TimeSpan.FromSeconds(1)];
        var backoff = Backoff.Intervals(delays);
        delays[0] = TimeSpan.FromHours(1);
        Assert.Equal(TimeSpan.FromSeconds(1), backoff.DelayAfter(1, 0));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 2_592_001)]
    public void Bounds_that_make_no_sense_are_refused(int firstSeconds, int capSeconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Backoff.Exponential(TimeSpan.FromSeconds(firstSeconds), TimeSpan.FromSeconds(capSeconds)));

    [Fact]
    public void A_list_without_delays_or_with_one_out_of_bounds_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Backoff.Intervals());
        Assert.Throws<ArgumentException>(() => Backoff.Intervals(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentException>(() => Backoff.Intervals(TimeSpan.FromDays(31)));
    }
}
