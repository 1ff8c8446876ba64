using BusJobs.Ledger;
using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Admission;

public sealed class SlidingMinuteTests
{
    private static readonly SlidingMinute Fresh = new([]);

    /// <summary>Asks for places: after how many milliseconds, how many, and how long they may be kept.</summary>
    private static readonly Gen<(int Limit, (int After, int Wanted, int Keep)[] Asks)> Stories =
        from limit in Gen.Choose(1, 60)
        from asks in (
            from after in Gen.Frequency((4, Gen.Choose(0, 2_000)), (1, Gen.Choose(0, 70_000)))
            from wanted in Gen.Choose(1, 25)
            from keep in Gen.Elements(0, 0, 1_000)
            select (after, wanted, keep)).ArrayOf(80)
        select (limit, asks);

    [Fact]
    public void No_sixty_seconds_see_more_than_the_limit_whenever_granted_places_are_used() =>
        Prop.ForAll(Stories.ToArbitrary(), story =>
        {
            var uses = new List<long>();
            Play(story.Limit, story.Asks, (ask, _, granted, now) =>
                // The earliest and the latest use are the worst there are.
                uses.AddRange(Enumerable.Range(0, granted).Select(place => place % 2 == 0 ? now : now + ask.Keep)));
            uses.Sort();
            return uses.TrueForAll(end => uses.Count(use => use > end - SlidingMinute.Length && use <= end) <= story.Limit);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Who_is_turned_away_finds_a_place_after_the_time_it_was_told_and_not_a_millisecond_before() =>
        Prop.ForAll(Stories.ToArbitrary(), story =>
        {
            var holds = true;
            Play(story.Limit, story.Asks, (ask, minute, granted, now) =>
            {
                var retryAt = now + (long)minute.RetryAfter(story.Limit, now).TotalMilliseconds;
                minute.Take(story.Limit, 1, retryAt, usableFor: 0, out var then);
                minute.Take(story.Limit, 1, retryAt - 1, usableFor: 0, out var before);
                holds &= granted == ask.Wanted || (then == 1 && before == 0);
            });
            return holds;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_limit_that_is_lowered_holds_for_what_was_granted_before()
    {
        var minute = Fresh.Take(10, 10, now: 0, usableFor: 0, out _).Take(20, 5, now: 30_000, usableFor: 0, out _);

        minute.Take(8, 1, now: 59_999, usableFor: 0, out var granted);
        Assert.Equal(0, granted);
        Assert.Equal(TimeSpan.FromMilliseconds(30_001), minute.RetryAfter(5, now: 59_999));
        Assert.Equal(TimeSpan.FromMilliseconds(1), minute.RetryAfter(8, now: 59_999));
    }

    [Fact]
    public void It_is_stored_as_text_and_read_again()
    {
        var minute = Fresh.Take(10, 3, now: 1_800_000_000_000, usableFor: 0, out _).Take(10, 2, now: 1_800_000_000_500, usableFor: 1_000, out _);

        Assert.Equal("[[1800000000000,3],[1800000001500,2]]", minute.ToString());
        Assert.Equal(minute.Grants, SlidingMinute.Parse(minute.ToString()).Grants);
        Assert.Equal(1_800_000_061_500, minute.Until);
    }

    private static void Play(int limit, (int After, int Wanted, int Keep)[] asks, Action<(int After, int Wanted, int Keep), SlidingMinute, int, long> then)
    {
        var (minute, now) = (Fresh, 1_800_000_000_000L);
        foreach (var ask in asks)
        {
            now += ask.After;
            minute = minute.Take(limit, ask.Wanted, now, ask.Keep, out var granted);
            then(ask, minute, granted, now);
        }
    }
}
