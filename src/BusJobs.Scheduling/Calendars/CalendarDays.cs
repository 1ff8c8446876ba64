using System.Globalization;

namespace BusJobs.Scheduling.Calendars;

/// <summary>A set of days: single ones (<c>2026-12-25</c>) and ones of every year (<c>12-25</c>).</summary>
internal sealed class CalendarDays
{
    private readonly HashSet<DateOnly> days = [];
    private readonly HashSet<(int Month, int Day)> yearly = [];

    /// <exception cref="JobRefusedException">The first entry that is no day.</exception>
    public CalendarDays(string field, IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            if (DateOnly.TryParseExact(entry, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                days.Add(day);
            }
            // A leap year, so that February 29th may be named.
            else if (DateOnly.TryParseExact("2000-" + entry, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var ofYear))
            {
                yearly.Add((ofYear.Month, ofYear.Day));
            }
            else
            {
                throw new JobRefusedException(field, entry, "days such as 2026-12-25, or 12-25 for every year");
            }
        }
    }

    public bool Contains(DateOnly day) => days.Contains(day) || yearly.Contains((day.Month, day.Day));
}
