using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Times;

namespace BusJobs.UnitTests.Schedules;

public sealed class CalendarTests
{
    private static readonly DateTimeOffset Friday = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

    private static List<string> Fires(string rule, int count, params CalendarDefinition[] calendars) =>
    [
        .. new Timing(Rule.Parse(rule), Zone.Utc, [.. calendars.Select(calendar => new Calendar(calendar))])
            .Between(Friday.AddTicks(-1), Friday.AddYears(1), count).Select(at => at.ToString("dd.HH:mm")),
    ];

    [Fact]
    public void Holidays_are_left_out_once_or_every_year() =>
        Assert.Equal(["02.09:00", "04.09:00", "06.09:00"], Fires("0 9 * * *", 3, new CalendarDefinition { Name = "c", Holidays = ["2026-01-03", "01-05"] }));

    [Fact]
    public void Only_the_days_of_the_week_that_are_named_count() =>
        Assert.Equal(["02.09:00", "05.09:00", "09.09:00"], Fires("0 9 * * *", 3, new CalendarDefinition { Name = "c", Weekdays = ["Mon", "friday"] }));

    [Fact]
    public void An_included_day_is_worked_whatever_else_is_said_of_it() => Assert.Equal(
        ["02.09:00", "03.09:00", "05.09:00"],
        Fires("0 9 * * *", 3, new CalendarDefinition { Name = "c", Weekdays = ["mon", "tue", "wed", "thu", "fri"], Holidays = ["2026-01-03"], Included = ["2026-01-03"] }));

    [Fact]
    public void Daily_windows_end_before_their_end_and_may_pass_midnight()
    {
        Assert.Equal(["02.08:00", "02.08:30", "03.08:00"], Fires("*/30 * * * *", 3, new CalendarDefinition { Name = "c", Windows = ["08:00-09:00"] }));
        Assert.Equal(["02.00:00", "02.23:00", "03.00:00"], Fires("0 * * * *", 3, new CalendarDefinition { Name = "c", Windows = ["23:00-01:00"] }));
        Assert.Equal(["02.06:00", "02.20:00", "03.06:00"], Fires("0 * * * *", 3, new CalendarDefinition { Name = "c", Windows = ["20:00-20:30", "06:00-06:01"] }));
    }

    [Fact]
    public void A_cron_takes_minutes_away() => Assert.Equal(
        ["02.11:00", "02.11:30", "02.13:00", "02.13:30", "03.11:00"],
        Fires("*/30 11-13 * * *", 5, new CalendarDefinition { Name = "c", Except = ["* 12 * * *"] }));

    [Fact]
    public void All_calendars_of_a_schedule_must_let_it() => Assert.Equal(
        ["05.09:00", "07.09:00"],
        Fires("0 9 * * *", 2, new CalendarDefinition { Name = "a", Weekdays = ["mon", "wed"] }, new CalendarDefinition { Name = "b", Holidays = ["2026-01-02"] }));

    [Theory]
    [InlineData("* * * * *")]
    [InlineData("0 9 * * *")]
    [InlineData("every 1s")]
    public void A_calendar_that_takes_everything_away_leaves_no_fire(string rule)
    {
        var nothing = new Calendar(new CalendarDefinition { Name = "c", Except = ["* * * * *"] });

        Assert.Null(new Timing(Rule.Parse(rule), Zone.Find("Europe/Berlin"), [nothing]).Next(Friday));
    }

    [Fact]
    public void Windows_follow_the_wall_clock_through_a_repeated_hour()
    {
        var window = new Calendar(new CalendarDefinition { Name = "c", Windows = ["02:30-03:00"] });
        var timing = new Timing(Rule.Parse("*/30 * * * *"), Zone.Find("Europe/Berlin"), [window]);

        Assert.Equal(
            ["24.00:30", "25.00:30", "25.01:30", "26.01:30"],
            timing.Between(new DateTimeOffset(2026, 10, 24, 0, 0, 0, TimeSpan.Zero), DateTimeOffset.MaxValue, 4).Select(at => at.ToString("dd.HH:mm")));
    }
}
