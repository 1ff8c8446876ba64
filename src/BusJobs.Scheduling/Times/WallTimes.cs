namespace BusJobs.Scheduling.Times;

/// <summary>Whether nobody works on a day, as the calendars of a schedule have it.</summary>
internal delegate bool DayOff(DateOnly day);

/// <summary>Times on a wall clock, before it is known in which zone the wall stands: <see cref="Zone"/> makes moments of them.</summary>
internal abstract class WallTimes
{
    /// <summary>How far ahead is looked before a rule is said to have no more times: February 29th on a given weekday may take 40 years.</summary>
    protected const int HorizonYears = 41;

    /// <summary>Whether an hour that the clocks repeat is gone through twice. If not, its first pass counts.</summary>
    public virtual bool RepeatsWithTheClock => false;

    /// <summary>Whether a time that the clocks leave out is left out. If not, it runs at the first moment after.</summary>
    public virtual bool SkipsWithTheClock => false;

    /// <summary>The first time at or after the given one, in whole seconds; null when there is none.</summary>
    public abstract DateTime? Next(DateTime from, DayOff isDayOff);
}
