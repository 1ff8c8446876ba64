using BusJobs.UnitTests.Contracts;
using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Admission;

public sealed class TimeWindowTests
{
    private const string Berlin = "Europe/Berlin";
    private const string LordHowe = "Australia/Lord_Howe";

    /// <summary>Span, grain, zone, and the window in UTC. In Berlin clocks went forward on 2026-03-29 at 01:00 UTC and go back on 2026-10-25 at 01:00 UTC.</summary>
    public static TheoryData<string, string, string, string, string, string> Windows => new()
    {
        // Edges: what lies on whole grains stays as it is, one tick beyond takes another grain.
        { "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", "01:00:00", "UTC", "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z" },
        { "2026-01-01T10:00:00Z", "2026-01-01T11:00:00.0000001Z", "01:00:00", "UTC", "2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z" },
        { "2026-01-01T09:59:59.9999999Z", "2026-01-01T11:00:00Z", "01:00:00", "UTC", "2026-01-01T09:00:00Z", "2026-01-01T11:00:00Z" },
        { "2026-01-01T10:00:00Z", "2026-01-01T10:00:00.0000001Z", "01:00:00", "UTC", "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z" },
        // A span within one grain, and one across a border.
        { "2026-01-01T10:20:00Z", "2026-01-01T10:40:00Z", "01:00:00", "UTC", "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z" },
        { "2026-01-01T10:59:00Z", "2026-01-01T11:01:00Z", "01:00:00", "UTC", "2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z" },
        { "2026-01-01T10:07:00Z", "2026-01-01T10:22:00Z", "00:15:00", "UTC", "2026-01-01T10:00:00Z", "2026-01-01T10:30:00Z" },
        // Other offsets of the caller change nothing.
        { "2026-01-01T12:20:00+02:00", "2026-01-01T05:40:00-05:00", "01:00:00", "UTC", "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z" },
        // Days, weeks from Monday, and the year's end.
        { "2025-12-31T23:59:00Z", "2026-01-01T00:01:00Z", "1.00:00:00", "UTC", "2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z" },
        { "2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z", "7.00:00:00", "UTC", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z" },
        { "2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z", "1.00:00:00", Berlin, "2025-12-31T23:00:00Z", "2026-01-01T23:00:00Z" },
        // The day of 23 hours and the day of 25.
        { "2026-03-29T12:00:00Z", "2026-03-29T13:00:00Z", "1.00:00:00", Berlin, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z" },
        { "2026-10-25T12:00:00Z", "2026-10-25T13:00:00Z", "1.00:00:00", Berlin, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z" },
        // Around the skipped hour: the moment before it, and the moment after.
        { "2026-03-29T00:30:00Z", "2026-03-29T00:40:00Z", "01:00:00", Berlin, "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z" },
        { "2026-03-29T01:10:00Z", "2026-03-29T01:20:00Z", "01:00:00", Berlin, "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z" },
        { "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "01:00:00", Berlin, "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z" },
        { "2026-03-29T01:10:00Z", "2026-03-29T01:20:00Z", "02:00:00", Berlin, "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z" },
        // The repeated hour is one grain with its repetition, whichever pass the span lies in.
        { "2026-10-25T00:10:00Z", "2026-10-25T00:20:00Z", "01:00:00", Berlin, "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z" },
        { "2026-10-25T01:10:00Z", "2026-10-25T01:20:00Z", "01:00:00", Berlin, "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z" },
        { "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z", "01:00:00", Berlin, "2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z" },
        { "2026-10-24T23:30:00Z", "2026-10-25T01:00:00Z", "01:00:00", Berlin, "2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z" },
        // Half an hour back on 2026-04-05 at 15:00 UTC.
        { "2026-04-04T15:10:00Z", "2026-04-04T15:20:00Z", "01:00:00", LordHowe, "2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z" },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void A_window_is_floored_at_its_start_and_ceiled_at_its_end(string start, string end, string grain, string zone, string expectedStart, string expectedEnd)
    {
        var window = TimeWindow.Covering(At(start), At(end), TimeSpan.Parse(grain), TimeZoneInfo.FindSystemTimeZoneById(zone));

        Assert.Equal((At(expectedStart), At(expectedEnd)), (window.Start, window.End));
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (window.Start.Offset, window.End.Offset));
    }

    [Theory]
    [InlineData("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z", "window.end", "a time after the start")]
    [InlineData("2026-01-01T10:00:00Z", "2026-01-01T09:00:00Z", "window.end", "a time after the start")]
    [InlineData("2026-01-01T10:00:00Z", "2026-01-01T11:00:00+01:00", "window.end", "a time after the start")]
    [InlineData("1969-12-31T23:59:59Z", "2026-01-01T09:00:00Z", "window.start", "between the years 1970 and 2200")]
    [InlineData("2026-01-01T10:00:00Z", "2201-01-01T00:00:00Z", "window.end", "between the years 1970 and 2200")]
    public void An_empty_or_turned_span_and_one_out_of_bounds_are_refused(string start, string end, string field, string allowed) =>
        Refusal.Of(field, allowed, () => TimeWindow.Covering(At(start), At(end), TimeSpan.FromHours(1)));

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("-01:00:00")]
    [InlineData("00:00:00.5")]
    [InlineData("00:00:01.5")]
    [InlineData("07:00:00")]
    [InlineData("1.00:00:01")]
    [InlineData("367.00:00:00")]
    public void A_grain_that_does_not_divide_days_is_refused(string grain) =>
        Refusal.Of("window.grain", "divide a day evenly", () => TimeWindow.Of(At("2026-01-01T00:00:00Z"), TimeSpan.Parse(grain)));

    [Fact]
    public void A_window_covers_its_span_with_whole_grains_and_coalescing_it_again_changes_nothing()
    {
        var zones = new[] { "UTC", Berlin, LordHowe, "America/New_York", "Asia/Kathmandu", "Pacific/Auckland" }.Select(TimeZoneInfo.FindSystemTimeZoneById).ToArray();
        TimeSpan[] grains = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15), TimeSpan.FromHours(1), TimeSpan.FromHours(6), TimeSpan.FromDays(1), TimeSpan.FromDays(7)];
        var cases =
            from zone in Gen.Elements(zones)
            from grain in Gen.Elements(grains)
            from start in Gen.Choose(0, 3 * 366 * 24 * 60)
            from length in Gen.Choose(1, 5_000)
            select (zone, grain, Start: At("2025-01-01T00:00:00Z").AddMinutes(start), Length: TimeSpan.FromMinutes(length));
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var window = TimeWindow.Covering(one.Start, one.Start + one.Length, one.grain, one.zone);
            var again = TimeWindow.Covering(window.Start, window.End, one.grain, one.zone);
            var first = TimeWindow.Of(one.Start, one.grain, one.zone);
            return window.Start <= one.Start && window.End >= one.Start + one.Length && again == window && first.Start == window.Start && first.End <= window.End;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Neighbouring_moments_lie_in_the_same_window_or_in_windows_that_touch()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(Berlin);
        var day = Enumerable.Range(0, 30 * 60).Select(minute => TimeWindow.Of(At("2026-10-24T20:00:00Z").AddMinutes(minute), TimeSpan.FromHours(1), zone)).Distinct().ToList();

        Assert.Equal(29, day.Count);
        Assert.Equal(day.Skip(1).Select(window => window.Start), day.SkipLast(1).Select(window => window.End));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
