namespace BusJobs.Scheduling.Times;

/// <summary>The stretch of the calendar within which days are counted: a month, a quarter or a year, or one month of each year.</summary>
/// <param name="Months">1, 3 or 12.</param>
/// <param name="Month">1 to 12 for that month of every year; 0 for all.</param>
internal sealed record Period(int Months, int Month)
{
    public DateOnly StartOf(DateOnly day) => new(day.Year, Month > 0 ? Month : day.Month - ((day.Month - 1) % Months), 1);

    public DateOnly After(DateOnly start) => start.AddMonths(Month > 0 ? 12 : Months);

    public DateOnly End(DateOnly start) => start.AddMonths(Months);
}

/// <summary>Which days of the period are counted.</summary>
internal enum Counted
{
    Days,
    BusinessDays,
    Weekday,
}

/// <summary>
/// Times such as the last business day of the month at 18:00. Business days are Monday to Friday, without the days off of the
/// schedule's calendars: before a holiday, the last one is earlier.
/// </summary>
/// <param name="place">1 is the first, 2 the second; -1 the last, -2 the second last.</param>
internal sealed class DateTimes(int place, Counted counted, DayOfWeek weekday, Period period, TimeOnly time) : WallTimes
{
    public override DateTime? Next(DateTime from, DayOff isDayOff)
    {
        var day = DateOnly.FromDateTime(from);
        var end = day.AddYears(HorizonYears);
        for (var start = period.StartOf(day); start < end; start = period.After(start))
        {
            if (Find(start, isDayOff) is { } found && found.ToDateTime(time) >= from)
            {
                return found.ToDateTime(time);
            }
        }

        return null;
    }

    private DateOnly? Find(DateOnly start, DayOff isDayOff)
    {
        var end = period.End(start);
        var (day, step, left) = place > 0 ? (start, 1, place) : (end.AddDays(-1), -1, -place);
        for (; day >= start && day < end; day = day.AddDays(step))
        {
            if (Counts(day, isDayOff) && --left == 0)
            {
                return day;
            }
        }

        return null;
    }

    private bool Counts(DateOnly day, DayOff isDayOff) => counted switch
    {
        Counted.Days => true,
        Counted.Weekday => day.DayOfWeek == weekday,
        _ => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && !isDayOff(day),
    };
}

/// <summary>One time, on one day.</summary>
internal sealed class OneTime(DateTime time) : WallTimes
{
    public override DateTime? Next(DateTime from, DayOff isDayOff) => time >= from ? time : null;
}
