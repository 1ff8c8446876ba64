using BusJobs.Scheduling.Times;

using System.Numerics;

namespace BusJobs.Scheduling.Crons;

/// <summary>
/// A cron expression as bit sets. Its times follow the wall clock: a named time runs once a day, whatever the clocks do. Where a
/// star or a step stands for the seconds, minutes or hours, the rhythm goes on through a repeated hour; where one stands for the
/// hours, a left-out hour is simply left out.
/// </summary>
internal sealed class Cron(ulong seconds, ulong minutes, ulong hours, CronDays days, bool repeats, bool skips) : WallTimes
{
    private const ulong AllMinutes = (1UL << 60) - 1;
    private const ulong AllHours = (1UL << 24) - 1;

    public override bool RepeatsWithTheClock => repeats;

    public override bool SkipsWithTheClock => skips;

    public override DateTime? Next(DateTime from, DayOff isDayOff)
    {
        if (TimeFrom(from.Hour, from.Minute, from.Second) is { } later && days.Contains(DateOnly.FromDateTime(from)))
        {
            return from.Date + later;
        }

        return days.Next(DateOnly.FromDateTime(from).AddDays(1), HorizonYears) is { } day ? day.ToDateTime(First) : null;
    }

    /// <summary>For a cron that takes times away: the minutes that it takes of the hour in which the time is, as a bit set.</summary>
    public ulong MinutesOf(DateTime time) => Has(hours, time.Hour) && days.Contains(DateOnly.FromDateTime(time)) ? minutes : 0;

    /// <summary>For a cron that takes times away: whether it takes the whole day.</summary>
    public bool IsAllOf(DateOnly day) => minutes == AllMinutes && hours == AllHours && days.Contains(day);

    private TimeOnly First => new(From(hours, 0), From(minutes, 0), From(seconds, 0));

    private TimeSpan? TimeFrom(int hour, int minute, int second)
    {
        if (Has(hours, hour))
        {
            if (Has(minutes, minute) && From(seconds, second) is >= 0 and var s)
            {
                return new TimeSpan(hour, minute, s);
            }

            if (From(minutes, minute + 1) is >= 0 and var m)
            {
                return new TimeSpan(hour, m, From(seconds, 0));
            }
        }

        return From(hours, hour + 1) is >= 0 and var h ? new TimeSpan(h, From(minutes, 0), From(seconds, 0)) : null;
    }

    private static bool Has(ulong set, int value) => (set >> value & 1) != 0;

    /// <returns>The smallest member from the value on, or -1.</returns>
    private static int From(ulong set, int value) => set >> value << value is not 0 and var rest ? BitOperations.TrailingZeroCount(rest) : -1;
}
