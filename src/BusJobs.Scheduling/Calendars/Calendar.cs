using System.Numerics;
using BusJobs.Scheduling.Crons;
using BusJobs.Scheduling.Times;

namespace BusJobs.Scheduling.Calendars;

/// <summary>
/// A named calendar: which fires of a schedule are let through. Times are those of the schedule's zone. A schedule may go by
/// several calendars, and fires where all of them let it. What is empty restricts nothing.
/// </summary>
public sealed record CalendarDefinition
{
    /// <summary>Most entries in each of its lists but <see cref="Except"/>.</summary>
    public const int MaxEntries = 2_000;

    /// <summary>Most entries of <see cref="Except"/>: each is looked at for each time.</summary>
    public const int MaxExcept = 100;

    public required string Name { get; init; }

    /// <summary>Days off: <c>2026-12-25</c>, or <c>12-25</c> for every year.</summary>
    public IReadOnlyList<string> Holidays { get; init; } = [];

    /// <summary>The only days of the week on which to fire: <c>mon</c>, <c>tuesday</c>, in any case.</summary>
    public IReadOnlyList<string> Weekdays { get; init; } = [];

    /// <summary>The only times of the day: <c>08:00-18:00</c>, the end not included; <c>22:00-06:00</c> passes midnight.</summary>
    public IReadOnlyList<string> Windows { get; init; } = [];

    /// <summary>Cron expressions whose minutes are taken away: <c>* 12 * * *</c> is a lunch break.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>Days that are worked in spite of <see cref="Holidays"/> and <see cref="Weekdays"/>, written as those.</summary>
    public IReadOnlyList<string> Included { get; init; } = [];
}

/// <summary>A calendar that has been read.</summary>
internal sealed class Calendar
{
    private readonly CalendarDays holidays;
    private readonly CalendarDays included;
    private readonly HashSet<DayOfWeek> weekdays;
    private readonly List<(TimeOnly From, TimeOnly To)> windows;
    private readonly List<Cron> except;

    /// <exception cref="JobRefusedException">One sentence on the first entry that is not allowed.</exception>
    public Calendar(CalendarDefinition definition)
    {
        Name = Names.Check("calendar", definition.Name);
        int[] counts = [definition.Holidays.Count, definition.Included.Count, definition.Weekdays.Count, definition.Windows.Count];
        if (counts.Max() > CalendarDefinition.MaxEntries)
        {
            throw new JobRefusedException("calendar", definition.Name, $"at most {CalendarDefinition.MaxEntries:N0} entries in each list");
        }

        if (definition.Except.Count > CalendarDefinition.MaxExcept)
        {
            throw new JobRefusedException("except", definition.Except.Count.ToString(), $"at most {CalendarDefinition.MaxExcept} cron expressions");
        }

        holidays = new CalendarDays("holidays", definition.Holidays);
        included = new CalendarDays("included", definition.Included);
        weekdays = [.. definition.Weekdays.Select(day => DateText.WeekdayOf(day) ?? throw new JobRefusedException("weekdays", day, "a day of the week, such as mon or Tuesday"))];
        windows = [.. definition.Windows.Select(Window)];
        except = [.. definition.Except.Select(CronText.Parse)];
    }

    public string Name { get; }

    public bool IsDayOff(DateOnly day) => !included.Contains(day) && (holidays.Contains(day) || (weekdays.Count > 0 && !weekdays.Contains(day.DayOfWeek)));

    /// <returns>Null when the time is let through; else a later time, up to which none is.</returns>
    public DateTime? BlockedUntil(DateTime time)
    {
        if (IsDayOff(DateOnly.FromDateTime(time)))
        {
            return time.Date.AddDays(1);
        }

        if (windows.Count > 0 && !windows.Exists(window => TimeOnly.FromDateTime(time).IsBetween(window.From, window.To)))
        {
            var later = windows.Where(window => window.From > TimeOnly.FromDateTime(time)).Select(window => window.From).DefaultIfEmpty().Min();
            return later > TimeOnly.MinValue ? time.Date + later.ToTimeSpan() : time.Date.AddDays(1);
        }

        return except.Exists(cron => cron.IsAllOf(DateOnly.FromDateTime(time))) ? time.Date.AddDays(1) : TakenUntil(time);
    }

    /// <summary>Leaps over all the minutes in a row that any cron takes, up to the end of the hour.</summary>
    private DateTime? TakenUntil(DateTime time)
    {
        var taken = 0UL;
        foreach (var cron in except)
        {
            taken |= cron.MinutesOf(time);
        }

        var minutes = BitOperations.TrailingZeroCount(~(taken >> time.Minute));
        return minutes == 0 ? null : time.Date.AddMinutes((time.Hour * 60) + time.Minute + minutes);
    }

    private static (TimeOnly From, TimeOnly To) Window(string text) =>
        text.Split('-') is [var first, var last]
        && TimeOnly.TryParseExact(first.Trim(), "HH:mm", out var from) && TimeOnly.TryParseExact(last.Trim(), "HH:mm", out var to) && from != to
            ? (from, to)
            : throw new JobRefusedException("windows", text, "two different times of day, such as 08:00-18:00");
}
