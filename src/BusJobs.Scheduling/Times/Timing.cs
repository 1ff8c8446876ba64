using BusJobs.Scheduling.Calendars;

namespace BusJobs.Scheduling.Times;

/// <summary>When a schedule fires: its rule in its zone, between its start and end, where its calendars let it.</summary>
internal sealed class Timing(Rule rule, Zone zone, IReadOnlyList<Calendar> calendars, DateTimeOffset? startsAt = null, DateTimeOffset? endsAt = null)
{
    /// <summary>After so many steps along the calendars without a fire, there is none to be found: 40 years of days off.</summary>
    private const int MaxSteps = 16_000;

    public Zone Zone => zone;

    /// <summary>The first nominal fire time after the given moment; null when the schedule is over.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var steps = (long)MaxSteps;
        return Next(after, ref steps);
    }

    /// <summary>
    /// All fire times after one moment and up to another, at most so many. Calendars that let next to nothing through end it early: the work
    /// has a bound that does not grow with the range.
    /// </summary>
    public IEnumerable<DateTimeOffset> Between(DateTimeOffset after, DateTimeOffset upTo, int limit)
    {
        var steps = (long)MaxSteps + limit;
        for (var next = Next(after, ref steps); next <= upTo && limit > 0; next = Next(next.Value, ref steps), limit--)
        {
            yield return next.Value;
        }
    }

    /// <summary>The first time after the given moment that the rule gives, with the calendar that forbids it; null when none does.</summary>
    public (DateTimeOffset At, Calendar Calendar)? Excluded(DateTimeOffset after)
    {
        if (OfRule(From(after)) is not { } next)
        {
            return null;
        }

        var time = zone.WallTime(next);
        return calendars.FirstOrDefault(calendar => calendar.BlockedUntil(time) is not null) is { } calendar ? (next, calendar) : null;
    }

    private DateTimeOffset From(DateTimeOffset after) => startsAt is { } start && start > after ? start.AddTicks(-1) : after;

    private DateTimeOffset? OfRule(DateTimeOffset from) =>
        rule.Next(from, zone, startsAt ?? DateTimeOffset.UnixEpoch, IsDayOff) is { } next && !(next > endsAt) ? next : null;

    private DateTimeOffset? Next(DateTimeOffset after, ref long steps)
    {
        var from = From(after);
        for (; steps > 0; steps--)
        {
            if (OfRule(from) is not { } next)
            {
                return null;
            }

            if (BlockedUntil(next) is not { } free)
            {
                steps--;
                return next;
            }

            from = free;
        }

        return null;
    }

    /// <returns>A moment, not before the given one, after which to look again; null when no calendar objects.</returns>
    private DateTimeOffset? BlockedUntil(DateTimeOffset moment)
    {
        if (calendars.Count == 0)
        {
            return null;
        }

        var time = zone.WallTime(moment);
        if (calendars.Max(calendar => calendar.BlockedUntil(time)) is not { } free)
        {
            return null;
        }

        // In an hour that comes twice, the wall's time may lie behind the moment.
        var back = zone.Next(new OneTime(free), moment.AddDays(-1), IsDayOff)?.AddTicks(-1);
        return back > moment ? back : moment;
    }

    private bool IsDayOff(DateOnly day) => calendars.Any(calendar => calendar.IsDayOff(day));
}
