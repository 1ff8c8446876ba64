using BusJobs.Scheduling.Definitions;

namespace BusJobs.Scheduling.Fires;

/// <summary>What is to be done for a schedule that is due: a pure rule.</summary>
/// <param name="Fires">The nominal times that run, the earliest first.</param>
/// <param name="Next">When the schedule is due again; null when it is over.</param>
/// <param name="LastAt">The latest time that is dealt with by this.</param>
/// <param name="Missed">How many times are let go.</param>
internal sealed record FirePlan(IReadOnlyList<DateTimeOffset> Fires, DateTimeOffset? Next, DateTimeOffset LastAt, long Missed)
{
    /// <summary>Beyond so many fire times, the rest of the outage is passed over uncounted: a year of seconds must not hold up the others.</summary>
    private const int MostCounted = 1_000_000;

    /// <param name="schedule">The schedule.</param>
    /// <param name="dueAt">Its next fire time, which has come.</param>
    /// <param name="now">Fire times up to here are due.</param>
    /// <param name="grace">Fire times not longer ago than this are on time.</param>
    public static FirePlan For(Schedule schedule, DateTimeOffset dueAt, DateTimeOffset now, TimeSpan grace)
    {
        var definition = schedule.Definition;
        var keep = definition.Misfire switch { Misfire.Skip => 0, Misfire.RunOnce => 1, _ => definition.MisfireLimit };
        var (late, onTime, counted, last) = (new Queue<DateTimeOffset>(), new List<DateTimeOffset>(), 0L, dueAt);
        foreach (var at in schedule.Timing.Between(dueAt.AddTicks(-1), now, MostCounted))
        {
            (last, counted) = (at, counted + 1);
            if (at >= now - grace)
            {
                onTime.Add(at);
            }
            else if (at >= now - definition.CatchUp && keep > 0)
            {
                late.Enqueue(at);
                if (late.Count > keep)
                {
                    late.Dequeue();
                }
            }
        }

        if (definition.Misfire == Misfire.RunOnce && onTime.Count > 0)
        {
            late.Clear();
        }

        return new FirePlan([.. late, .. onTime], schedule.NextAfter(now, last), last, counted - late.Count - onTime.Count);
    }
}
