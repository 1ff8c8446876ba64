namespace BusJobs;

/// <summary>
/// A span of time, widened to whole grains: its start is floored and its end ceiled, so that requests for nearby spans are
/// requests for one and the same window. Grains are of wall-clock time: days begin at midnight, seven days on Monday. The hour that
/// is repeated when clocks go back belongs to one grain with its repetition; one that is skipped belongs to none.
/// </summary>
public sealed record TimeWindow
{
    /// <summary>The first moment, in UTC.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>The moment after the last, in UTC.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>The smallest window that consists of whole grains and covers the span.</summary>
    /// <param name="start">From here, inclusive; between the years 1970 and 2200.</param>
    /// <param name="end">To here, exclusive; later than <paramref name="start"/>, and not after the year 2200.</param>
    /// <param name="grain">Whole seconds that divide a day evenly, or whole days up to 366.</param>
    /// <param name="zone">Whose wall clock the grains are of. Default: UTC.</param>
    /// <exception cref="JobRefusedException">The span is empty or turned around, or the grain is not allowed.</exception>
    public static TimeWindow Covering(DateTimeOffset start, DateTimeOffset end, TimeSpan grain, TimeZoneInfo? zone = null)
    {
        Require(IsAllowed(grain), "window.grain", grain.ToString(), "whole seconds that divide a day evenly, or 1 to 366 whole days");
        Require(start.Year is >= 1970 and <= 2200, "window.start", start.ToString("O"), "a time between the years 1970 and 2200");
        Require(end.Year is >= 1970 and <= 2200, "window.end", end.ToString("O"), "a time between the years 1970 and 2200");
        Require(start < end, "window.end", end.ToString("O"), "a time after the start");
        var grains = new Grains(grain, zone ?? TimeZoneInfo.Utc);
        return new TimeWindow { Start = grains.Floor(start), End = grains.Ceil(end) };
    }

    /// <summary>The one grain in which a moment lies.</summary>
    /// <inheritdoc cref="Covering"/>
    public static TimeWindow Of(DateTimeOffset moment, TimeSpan grain, TimeZoneInfo? zone = null) =>
        Covering(moment, moment.AddTicks(1), grain, zone);

    public override string ToString() => $"{Start:O}/{End:O}";

    private static bool IsAllowed(TimeSpan grain) => grain < TimeSpan.FromDays(1)
        ? grain >= TimeSpan.FromSeconds(1) && grain.Ticks % TimeSpan.TicksPerSecond == 0 && TimeSpan.TicksPerDay % grain.Ticks == 0
        : grain.Ticks % TimeSpan.TicksPerDay == 0 && grain.Days <= 366;

    private static void Require(bool holds, string field, string value, string allowed)
    {
        if (!holds)
        {
            throw new JobRefusedException(field, value, allowed);
        }
    }

    /// <summary>The moments at which a zone's wall clock shows a whole number of grains.</summary>
    private readonly struct Grains(TimeSpan grain, TimeZoneInfo zone)
    {
        public DateTimeOffset Floor(DateTimeOffset moment) => At(WallFloor(moment));

        public DateTimeOffset Ceil(DateTimeOffset moment)
        {
            var wall = WallFloor(moment);
            while (At(wall) < moment)
            {
                wall += grain;
            }

            return At(wall);
        }

        /// <summary>Day 1 of the calendar was a Monday.</summary>
        private DateTime WallFloor(DateTimeOffset moment)
        {
            var wall = TimeZoneInfo.ConvertTime(moment, zone).DateTime;
            return wall.AddTicks(-(wall.Ticks % grain.Ticks));
        }

        /// <summary>The first moment at which the clock shows this time or, where it skips it, a later one.</summary>
        private DateTimeOffset At(DateTime wall)
        {
            var offset = zone.IsAmbiguousTime(wall) ? zone.GetAmbiguousTimeOffsets(wall).Max() : zone.GetUtcOffset(wall);
            if (!zone.IsInvalidTime(wall))
            {
                return new DateTimeOffset(wall, offset).ToUniversalTime();
            }

            // Inside the gap every wall time stands for the moment of the change.
            var before = wall;
            while (zone.IsInvalidTime(before))
            {
                before = before.AddSeconds(-1);
            }

            return new DateTimeOffset(before, zone.GetUtcOffset(before)).ToUniversalTime().AddSeconds(1);
        }
    }
}
