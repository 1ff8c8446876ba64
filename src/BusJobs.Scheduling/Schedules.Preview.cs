using System.Runtime.CompilerServices;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Definitions;
using BusJobs.Scheduling.Fires;

namespace BusJobs.Scheduling;

/// <summary>A fire that is to come.</summary>
/// <param name="NominalAt">What the rule gives.</param>
/// <param name="RunAt">When its job is due: later by the jitter.</param>
/// <param name="WallTime">The nominal time on the clock of the schedule's zone.</param>
public sealed record UpcomingFire(string ScheduleId, DateTimeOffset NominalAt, DateTimeOffset RunAt, DateTime WallTime);

/// <summary>A time that the rule of a schedule gives, and one of its calendars forbids.</summary>
public sealed record ExcludedFire(DateTimeOffset NominalAt, string Calendar);

public sealed partial class Schedules
{
    public const int MostPreviewed = 1_000;

    private const int YearsPreviewed = 50;

    /// <summary>The next fires of a schedule, paused or not, at most 1,000, of the next 50 years.</summary>
    /// <exception cref="JobRefusedException">There is no such schedule.</exception>
    public async Task<IReadOnlyList<UpcomingFire>> PreviewAsync(string id, int count, CancellationToken cancellationToken)
    {
        var (row, schedule) = await ReadAsync(id, cancellationToken);
        return row.NextAt is { } next ? Upcoming(schedule, next, count) : [];
    }

    /// <summary>The next time that the rule of a schedule gives, if a calendar forbids it; null when it will fire then.</summary>
    /// <exception cref="JobRefusedException">There is no such schedule.</exception>
    public async Task<ExcludedFire?> ExcludedAsync(string id, CancellationToken cancellationToken)
    {
        var (_, schedule) = await ReadAsync(id, cancellationToken);
        return schedule.Timing.Excluded(clock.GetUtcNow()) is var (at, calendar) ? new ExcludedFire(at, calendar.Name) : null;
    }

    /// <summary>The next fires of a definition that need not be saved, at most 1,000, of the next 50 years.</summary>
    /// <exception cref="JobRefusedException">The definition is not allowed.</exception>
    public async Task<IReadOnlyList<UpcomingFire>> PreviewAsync(ScheduleDefinition definition, int count, CancellationToken cancellationToken)
    {
        var schedule = await CheckAsync(definition, cancellationToken);
        return schedule.Timing.Next(clock.GetUtcNow()) is { } next ? Upcoming(schedule, next, count) : [];
    }

    /// <summary>
    /// What will run within the time from now, of all schedules that are not paused, the earliest 1,000 in the order in which they are due.
    /// What is overdue is there as its misfire policy will have it.
    /// </summary>
    public async Task<IReadOnlyList<UpcomingFire>> UpcomingAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var (now, calendars) = (clock.GetUtcNow(), await CalendarsAsync(cancellationToken));
        // Each schedule is asked for one time after the other, and only while its times are among the earliest.
        var nearest = new PriorityQueue<IEnumerator<UpcomingFire>, (DateTimeOffset, string)>();
        await foreach (var row in AllAsync(cancellationToken))
        {
            if (!row.Paused && row.NextAt <= now + within && Readable(row, calendars) is { } schedule && IsWithin(schedule.Definition))
            {
                Put(Upcoming(schedule, row.NextAt.Value, now, now + within).GetEnumerator());
            }
        }

        var fires = new List<UpcomingFire>();
        while (fires.Count < MostPreviewed && nearest.TryDequeue(out var times, out _))
        {
            fires.Add(times.Current);
            Put(times);
        }

        return [.. fires.OrderBy(fire => fire.RunAt).ThenBy(fire => fire.ScheduleId, StringComparer.Ordinal)];

        void Put(IEnumerator<UpcomingFire> times)
        {
            if (times.MoveNext())
            {
                nearest.Enqueue(times, (times.Current.NominalAt, times.Current.ScheduleId));
            }
        }
    }

    private async Task<(ScheduleRow Row, Schedule Schedule)> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var row = await store.FindScheduleAsync(id, cancellationToken) ?? throw Unknown(id);
        var definition = DefinitionJson.Schedule(row.Definition);
        return IsWithin(definition) ? (row, Schedule.Read(definition, await CalendarsAsync(cancellationToken), clock)) : throw Unknown(id);
    }

    /// <returns>Null for one that cannot be read any more, which the scheduler will pause.</returns>
    private Schedule? Readable(ScheduleRow row, Dictionary<string, Calendar> calendars)
    {
        try
        {
            return Schedule.Read(DefinitionJson.Schedule(row.Definition), calendars, clock);
        }
        catch (JobRefusedException)
        {
            return null;
        }
    }

    /// <summary>Whoever they belong to.</summary>
    internal IAsyncEnumerable<ScheduleRow> AllAsync(CancellationToken cancellationToken) => FromAsync(after: null, Page, cancellationToken);

    private async IAsyncEnumerable<ScheduleRow> FromAsync(string? after, int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<ScheduleRow> page;
        do
        {
            page = await store.SchedulesAsync(after, size, cancellationToken);
            foreach (var row in page)
            {
                yield return row;
                after = row.Id;
            }
        }
        while (page.Count == size);
    }

    private static List<UpcomingFire> Upcoming(Schedule schedule, DateTimeOffset from, int count) =>
        [.. schedule.Timing.Between(from.AddTicks(-1), from.AddYears(YearsPreviewed), Math.Clamp(count, 1, MostPreviewed)).Select(at => Upcoming(schedule, at))];

    private IEnumerable<UpcomingFire> Upcoming(Schedule schedule, DateTimeOffset from, DateTimeOffset now, DateTimeOffset to)
    {
        if (from <= now)
        {
            var plan = FirePlan.For(schedule, from, now, options.Value.Grace);
            foreach (var at in plan.Fires)
            {
                yield return Upcoming(schedule, at);
            }

            from = plan.Next ?? DateTimeOffset.MaxValue;
        }

        foreach (var at in schedule.Timing.Between(from.AddTicks(-1), to, MostPreviewed))
        {
            yield return Upcoming(schedule, at);
        }
    }

    private static UpcomingFire Upcoming(Schedule schedule, DateTimeOffset at) => new(
        schedule.Definition.Id, at, at + FireIdentity.Jitter(schedule.Definition.Id, at, schedule.Definition.Jitter), schedule.Timing.Zone.WallTime(at));
}
