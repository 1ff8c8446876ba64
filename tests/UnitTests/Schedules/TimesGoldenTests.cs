using System.Globalization;
using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Times;

namespace BusJobs.UnitTests.Schedules;

/// <summary>What rules mean, worked out by hand. Moments are in UTC.</summary>
public sealed class TimesGoldenTests
{
    [Theory]
    // Five and six fields, macros, names.
    [InlineData("*/15 * * * *", "UTC", "2026-01-01T00:00", "00:15 00:30 00:45 01:00")]
    [InlineData("30 5 8 * * *", "UTC", "2026-01-01T00:00", "08:05:30 2T08:05:30")]
    [InlineData("@daily", "Europe/Berlin", "2026-01-01T00:00", "23:00 2T23:00")]
    [InlineData("@hourly", "Asia/Kolkata", "2026-01-01T00:00", "00:30 01:30")]
    [InlineData("0 9 * jan mon-fri", "UTC", "2026-01-02T10:00", "5T09:00 6T09:00")]
    [InlineData("0 0 * * 0", "UTC", "2026-01-01T00:00", "4T00:00 11T00:00")]
    [InlineData("0 0 * * 7", "UTC", "2026-01-01T00:00", "4T00:00 11T00:00")]
    [InlineData("0 0 * * SAT-SUN", "UTC", "2026-01-01T00:00", "3T00:00 4T00:00 10T00:00")]
    [InlineData("0 12 5/10 * ?", "UTC", "2026-01-01T00:00", "5T12:00 15T12:00 25T12:00")]
    // Both day fields: either will do, except where one is a star.
    [InlineData("0 0 13 * FRI", "UTC", "2026-01-01T00:00", "2T00:00 9T00:00 13T00:00 16T00:00")]
    [InlineData("0 0 */2 * FRI", "UTC", "2026-01-01T00:00", "9T00:00 23T00:00")]
    // L, W and #.
    [InlineData("0 0 L * *", "UTC", "2026-01-31T00:00", "2026-02-28T00:00 2026-03-31T00:00")]
    [InlineData("0 0 L-3 * ?", "UTC", "2026-02-01T00:00", "25T00:00 2026-03-28T00:00")]
    [InlineData("0 0 LW * ?", "UTC", "2026-01-01T00:00", "30T00:00 2026-02-27T00:00")]
    [InlineData("0 0 15W * ?", "UTC", "2026-02-01T00:00", "16T00:00 2026-03-16T00:00 2026-04-15T00:00")]
    [InlineData("0 0 1W * ?", "UTC", "2026-08-01T00:00", "3T00:00 2026-09-01T00:00")]
    [InlineData("0 0 ? * FRIL", "UTC", "2026-01-01T00:00", "30T00:00 2026-02-27T00:00")]
    [InlineData("0 0 ? * 2#2", "UTC", "2026-01-01T00:00", "13T00:00 2026-02-10T00:00")]
    [InlineData("0 0 ? * MON#5", "UTC", "2026-01-01T00:00", "2026-03-30T00:00 2026-06-29T00:00")]
    // Leap days and year ends.
    [InlineData("0 0 29 2 *", "UTC", "2026-01-01T00:00", "2028-02-29T00:00 2032-02-29T00:00")]
    [InlineData("0 0 29 2 *", "UTC", "2096-03-01T00:00", "2104-02-29T00:00")]
    [InlineData("59 59 23 31 12 *", "UTC", "2026-01-01T00:00", "2026-12-31T23:59:59 2027-12-31T23:59:59")]
    [InlineData("0 0 1 1 *", "Pacific/Auckland", "2026-01-01T00:00", "2026-12-31T11:00")]
    // Named times where the clocks are put forward: at the first moment after, once.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "29T01:00 30T00:30")]
    [InlineData("0,30 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", "29T01:00 29T01:30 30T00:00")]
    [InlineData("*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "29T01:00 30T00:00 30T00:20")]
    [InlineData("30 2 * * *", "America/New_York", "2026-03-07T12:00", "8T07:00 9T06:30")]
    [InlineData("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T18:00", "3T15:30 4T15:15")]
    // A rhythm of hours leaves out what the clocks leave out.
    [InlineData("5 * * * *", "Europe/Berlin", "2026-03-29T00:00", "29T00:05 29T01:05 29T02:05")]
    [InlineData("*/30 * * * *", "Australia/Lord_Howe", "2026-10-03T14:30", "3T15:00 3T15:30 3T16:00")]
    // Named times where the clocks are put back: at the first pass, once.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "25T00:30 26T01:30")]
    [InlineData("30 1 * * *", "America/New_York", "2026-10-31T12:00", "2026-11-01T05:30 2026-11-02T06:30")]
    [InlineData("45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00", "4T14:45 5T15:15")]
    // A rhythm goes on through both passes.
    [InlineData("30 * * * *", "Europe/Berlin", "2026-10-25T00:00", "25T00:30 25T01:30 25T02:30")]
    [InlineData("*/30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "25T00:00 25T00:30 25T01:00 25T01:30 26T01:00")]
    // Elapsed time knows no zone.
    [InlineData("every 90m", "Europe/Berlin", "2026-10-25T00:00", "25T01:30 25T03:00")]
    [InlineData("every 00:00:45", "UTC", "2026-01-01T00:00", "00:00:45 00:01:30")]
    // Dates.
    [InlineData("on last business day of month at 18:00", "UTC", "2026-01-01T00:00", "30T18:00 2026-02-27T18:00")]
    [InlineData("on 2nd tuesday of month at 09:30", "UTC", "2026-01-01T00:00", "13T09:30 2026-02-10T09:30")]
    [InlineData("on 24 december at 08:00", "America/New_York", "2026-01-01T00:00", "2026-12-24T13:00 2027-12-24T13:00")]
    [InlineData("on 29 feb", "UTC", "2026-01-01T00:00", "2028-02-29T00:00")]
    [InlineData("on 2nd last day of quarter at 7:15", "UTC", "2026-01-01T00:00", "2026-03-30T07:15 2026-06-29T07:15")]
    [InlineData("on first monday of september", "UTC", "2026-01-01T00:00", "2026-09-07T00:00 2027-09-06T00:00")]
    [InlineData("on 100th day of year at 12:00", "UTC", "2026-01-01T00:00", "2026-04-10T12:00")]
    [InlineData("on 1st day of month at 02:30", "Europe/Berlin", "2026-01-15T00:00", "2026-02-01T01:30 2026-03-01T01:30 2026-04-01T00:30")]
    [InlineData("at 2026-03-29T02:30", "Europe/Berlin", "2026-01-01T00:00", "2026-03-29T01:00")]
    [InlineData("at 2026-12-24T18:00:00+02:00", "UTC", "2026-01-01T00:00", "2026-12-24T16:00")]
    [InlineData("0 9 * * *", "W. Europe Standard Time", "2026-07-01T00:00", "07:00")]
    public void A_rule_fires_at(string rule, string zone, string after, string expected)
    {
        var from = Moment(after, default);
        var timing = new Timing(Rule.Parse(rule), Zone.Find(zone), []);
        var at = from;
        foreach (var want in expected.Split(' '))
        {
            at = timing.Next(at) ?? throw new Xunit.Sdk.XunitException($"{rule} ends before {want}");
            Assert.Equal(Moment(want, from), at);
        }
    }

    [Fact]
    public void A_one_off_is_over_once_it_has_fired() =>
        Assert.Null(new Timing(Rule.Parse("at 2026-12-24T18:00:00Z"), Zone.Utc, []).Next(Moment("2026-12-24T18:00", default)));

    [Fact]
    public void A_schedule_fires_from_its_start_to_its_end_both_included()
    {
        var timing = new Timing(Rule.Parse("every 1h"), Zone.Utc, [], Moment("2026-01-01T10:20", default), Moment("2026-01-01T12:20", default));

        Assert.Equal(["10:20", "11:20", "12:20"], timing.Between(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, 10).Select(at => at.ToString("HH:mm")));
    }

    [Fact]
    public void The_last_business_day_is_earlier_before_a_holiday()
    {
        var holidays = new BusJobs.Scheduling.Calendars.Calendar(new CalendarDefinition { Name = "de", Holidays = ["12-31", "2026-12-30"] });
        var timing = new Timing(Rule.Parse("on last business day of december at 18:00"), Zone.Utc, [holidays]);

        Assert.Equal(Moment("2026-12-29T18:00", default), timing.Next(Moment("2026-01-01T00:00", default)));
        Assert.Equal(Moment("2027-12-30T18:00", default), timing.Next(Moment("2027-01-01T00:00", default)));
    }

    /// <summary>Of a short form, the missing parts are those of the context: a day of its month, or its day.</summary>
    private static DateTimeOffset Moment(string text, DateTimeOffset context)
    {
        var full = text switch
        {
            _ when text.Length > 11 => text,
            _ when text.Contains('T', StringComparison.Ordinal) => $"{context:yyyy-MM}-{text.PadLeft(text.IndexOf('T', StringComparison.Ordinal) == 1 ? text.Length + 1 : text.Length, '0')}",
            _ => $"{context:yyyy-MM-dd}T{text}",
        };
        return DateTimeOffset.Parse(full, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
    }
}
