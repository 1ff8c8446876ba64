using System.Diagnostics;
using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Definitions;
using BusJobs.UnitTests.Support;

namespace BusJobs.UnitTests.Schedules;

/// <summary>
/// Whatever is sent, the work on it has a bound: milliseconds on a quiet machine, and what is asserted here leaves room for a busy one. What
/// hangs or grows with what was sent takes minutes.
/// </summary>
public sealed class WorkTests
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(2);
    private static readonly string[] EachMinute = [.. Enumerable.Range(0, 59).Select(minute => $"{minute} * * * *")];

    private static readonly CalendarDefinition[] Calendars =
    [
        new() { Name = "nothing", Except = ["0-29 * * * *", "30-59 * * * *"] },
        new() { Name = "minutes", Except = EachMinute },
        new() { Name = "rare", Except = [.. EachMinute, "59 0-22 * * *", "59 23 1-30 * *"] },
        new() { Name = "days", Holidays = [.. Enumerable.Range(0, 2_000).Select(day => new DateOnly(2026, 1, 1).AddDays(day).ToString("yyyy-MM-dd"))] },
    ];

    private readonly ManualClock clock = new();

    [Theory]
    [InlineData("* * * * * *")]
    [InlineData("0 0 31 4 *")]
    [InlineData("0 0 29 2 1")]
    [InlineData("0 0 31W 2 ?")]
    [InlineData("59 59 23 31 12 6#5")]
    [InlineData("on 40th day of month")]
    [InlineData("on 366th day of year")]
    [InlineData("every 3652d")]
    [InlineData("* * * * * *", "nothing")]
    [InlineData("* * * * * *", "minutes")]
    [InlineData("* * * * * *", "rare")]
    [InlineData("* * * * * *", "days")]
    [InlineData("*/5 * * * *", "rare")]
    [InlineData("on last business day of month at 18:00", "days")]
    [InlineData("every 1s", "nothing")]
    [InlineData("0 0 1--100000000 * *")]
    [InlineData("0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59,0-59 * * * *")]
    public void The_work_on_a_definition_is_bounded(string rule, string? calendar = null)
    {
        var calendars = Calendars.ToDictionary(one => one.Name, one => new Calendar(one), StringComparer.Ordinal);
        var definition = new ScheduleDefinition { Id = "s", Kind = "test.job", Rule = rule, Zone = "Europe/Berlin", Calendars = calendar is null ? [] : [calendar] };
        Schedule? schedule = null;
        AssertBounded(() =>
        {
            schedule = Schedule.Read(definition, calendars, clock);
            schedule.CheckFires(clock.GetUtcNow(), TimeSpan.FromSeconds(1));
        });
        AssertBounded(() => schedule?.Timing.Between(clock.GetUtcNow(), clock.GetUtcNow().AddYears(50), 1_000).Count());
    }

    private static void AssertBounded(Action act)
    {
        var fastest = TimeSpan.MaxValue;
        for (var tries = 0; tries < 5 && fastest > Most; tries++)
        {
            var start = Stopwatch.GetTimestamp();
            try
            {
                act();
            }
            catch (JobRefusedException)
            {
                // An answer, too.
            }

            fastest = TimeSpan.FromTicks(Math.Min(fastest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
        }

        Assert.InRange(fastest, TimeSpan.Zero, Most);
    }
}
