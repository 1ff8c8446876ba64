namespace BusJobs.Scheduling.Crons;

/// <summary>The days of a cron expression.</summary>
internal sealed record CronDays
{
    /// <summary>The bit of <see cref="NearestTo"/> that stands for the end of the month.</summary>
    public const int LastDay = 0;

    /// <summary>The place of a weekday in its month that means the last one.</summary>
    public const int LastPlace = 6;

    public ulong Months { get; init; }

    /// <summary>Bits 1 to 31.</summary>
    public ulong DaysOfMonth { get; init; }

    /// <summary>Bit n: n days before the last day of the month.</summary>
    public ulong DaysBeforeLast { get; init; }

    /// <summary>Bit d: the weekday nearest to the d-th, within its month; bit <see cref="LastDay"/>: the last weekday.</summary>
    public ulong NearestTo { get; init; }

    /// <summary>Bits 0 (Sunday) to 6.</summary>
    public ulong Weekdays { get; init; }

    /// <summary>Bit 8 w + n: the n-th weekday w of its month, with 6 for the last.</summary>
    public ulong PlacedWeekdays { get; init; }

    /// <summary>As in every cron since Unix V7: where both fields name days, a day that fits either will do.</summary>
    public bool Either { get; init; }

    public bool Contains(DateOnly day)
    {
        if ((Months >> day.Month & 1) == 0)
        {
            return false;
        }

        return Either ? InMonth(day) || InWeek(day) : InMonth(day) && InWeek(day);
    }

    public DateOnly? Next(DateOnly from, int years)
    {
        var end = from.AddYears(years);
        for (var day = from; day < end; day = day.AddDays(1))
        {
            while ((Months >> day.Month & 1) == 0)
            {
                day = new DateOnly(day.Year, day.Month, 1).AddMonths(1);
            }

            if (Contains(day))
            {
                return day;
            }
        }

        return null;
    }

    private bool InMonth(DateOnly day)
    {
        var last = DateTime.DaysInMonth(day.Year, day.Month);
        return (DaysOfMonth >> day.Day & 1) != 0 || (DaysBeforeLast >> (last - day.Day) & 1) != 0 || (NearestTo != 0 && IsNearest(day, last));
    }

    private bool InWeek(DateOnly day)
    {
        var weekday = (int)day.DayOfWeek;
        if ((Weekdays >> weekday & 1) != 0)
        {
            return true;
        }

        var isLast = day.Day + 7 > DateTime.DaysInMonth(day.Year, day.Month);
        return (PlacedWeekdays >> ((8 * weekday) + ((day.Day + 6) / 7)) & 1) != 0
            || (isLast && (PlacedWeekdays >> ((8 * weekday) + LastPlace) & 1) != 0);
    }

    private bool IsNearest(DateOnly day, int last)
    {
        if (day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
        {
            return false;
        }

        for (var wanted = Math.Max(1, day.Day - 2); wanted <= Math.Min(last, day.Day + 2); wanted++)
        {
            if ((NearestTo >> wanted & 1) != 0 && Nearest(day, wanted, last) == day.Day)
            {
                return true;
            }
        }

        return (NearestTo >> LastDay & 1) != 0 && LastWeekday(day, last) == day.Day;
    }

    private static int Nearest(DateOnly month, int wanted, int last) => new DateOnly(month.Year, month.Month, wanted).DayOfWeek switch
    {
        DayOfWeek.Saturday => wanted == 1 ? 3 : wanted - 1,
        DayOfWeek.Sunday => wanted == last ? wanted - 2 : wanted + 1,
        _ => wanted,
    };

    private static int LastWeekday(DateOnly month, int last) => new DateOnly(month.Year, month.Month, last).DayOfWeek switch
    {
        DayOfWeek.Saturday => last - 1,
        DayOfWeek.Sunday => last - 2,
        _ => last,
    };
}
