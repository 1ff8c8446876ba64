using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Times;

namespace BusJobs.UnitTests.Schedules;

public sealed class BadRuleTests
{
    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("* * * *")]
    [InlineData("0 0 0 * * * *")]
    [InlineData("0 0 0 0 1 1 ? 2200")]
    [InlineData("*/0 * * * *")]
    [InlineData("*/60 * * * *")]
    [InlineData("0 0 1--100000000 * *")]
    [InlineData("0-100000000 * * * *")]
    [InlineData("99 * * * *")]
    [InlineData("60 24 32 13 8")]
    [InlineData("0 24 * * *")]
    [InlineData("0 0 32 * *")]
    [InlineData("0 0 0 * *")]
    [InlineData("0 0 * 13 *")]
    [InlineData("0 0 * * 8")]
    [InlineData("0 0 LW-40 * *")]
    [InlineData("0 0 L-31 * *")]
    [InlineData("0 0 L-0 * *")]
    [InlineData("0 0 ? * 6#6")]
    [InlineData("0 0 ? * L")]
    [InlineData("0 0 W * *")]
    [InlineData("0 0 ? * ?")]
    [InlineData("H * * * *")]
    [InlineData("5-1 * * * *")]
    [InlineData("1,,2 * * * *")]
    [InlineData("+1 * * * *")]
    [InlineData("1/2/3 * * * *")]
    [InlineData("0 0 * FOO *")]
    [InlineData("0 0 * ANF *")]
    [InlineData("٣ * * * *")]
    [InlineData("* * *\n* *")]
    [InlineData("* * * * * ; drop table job")]
    [InlineData("@reboot")]
    [InlineData("@")]
    [InlineData("every")]
    [InlineData("every 0s")]
    [InlineData("every -1m")]
    [InlineData("every 99999d")]
    [InlineData("every monday")]
    [InlineData("on")]
    [InlineData("on 32 january")]
    [InlineData("on 30 february")]
    [InlineData("on 0th day of month")]
    [InlineData("on 2nd nonday of month")]
    [InlineData("on last business day of month at 25:00")]
    [InlineData("at noon")]
    [InlineData("at 2026-02-30T00:00")]
    [InlineData("at 9999-12-31T23:59")]
    public void A_bad_rule_gets_one_sentence(string rule) => Refusal(() => Rule.Parse(rule));

    [Fact]
    public void A_list_of_ten_thousand_items_is_too_long() => Refusal(() => Rule.Parse(string.Join(',', Enumerable.Repeat("1", 10_000)) + " * * * *"));

    [Theory]
    [InlineData("0 0 31 4 *")]
    [InlineData("0 0 30 2 *")]
    [InlineData("0 0 31 2,4,6,9,11 *")]
    [InlineData("0 0 31W 2 ?")]
    [InlineData("on 40th day of month")]
    [InlineData("on 29th day of february at 00:00", true)]
    public void A_rule_that_can_never_fire_is_found_out(string rule, bool fires = false)
    {
        var timing = new Timing(Rule.Parse(rule), Zone.Find("Europe/Berlin"), []);
        Assert.Equal(fires, timing.Next(DateTimeOffset.UnixEpoch.AddYears(56)) is not null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Mars/Olympus")]
    [InlineData("EST")]
    [InlineData("EST5EDT")]
    [InlineData("../../etc/passwd")]
    [InlineData("Europe/Berlin\0")]
    public void A_zone_that_is_none_is_refused(string zone) => Refusal(() => Zone.Find(zone));

    [Fact]
    public void Every_zone_of_Windows_is_known() =>
        Assert.All(["Pacific Standard Time", "Tokyo Standard Time", "UTC", "Lord Howe Standard Time", "india standard time"], id => Assert.NotNull(Zone.Find(id)));

    [Fact]
    public void What_a_calendar_does_not_allow_is_told_by_its_entry()
    {
        Refusal(() => new Calendar(new CalendarDefinition { Name = "No" }));
        Refusal(() => new Calendar(new CalendarDefinition { Name = "c", Holidays = ["02-30"] }));
        Refusal(() => new Calendar(new CalendarDefinition { Name = "c", Weekdays = ["freitag"] }));
        Refusal(() => new Calendar(new CalendarDefinition { Name = "c", Windows = ["8-18"] }));
        Refusal(() => new Calendar(new CalendarDefinition { Name = "c", Windows = ["08:00-08:00"] }));
        Refusal(() => new Calendar(new CalendarDefinition { Name = "c", Except = ["* *"] }));
    }

    private static void Refusal(Func<object> act)
    {
        var message = Assert.Throws<JobRefusedException>(act).Message;
        Assert.Matches(@"^[^\n]{1,400}\.$", message);
        Assert.Contains(" is refused: expected ", message, StringComparison.Ordinal);
    }
}
