using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Times;

namespace BusJobs.Scheduling.Definitions;

/// <summary>A definition that has been read: every rule of it holds, and its times can be asked for.</summary>
internal sealed class Schedule
{
    private Schedule(ScheduleDefinition definition, Rule rule, Timing timing) => (Definition, Rule, Timing) = (definition, rule, timing);

    public ScheduleDefinition Definition { get; }

    public Rule Rule { get; }

    public Timing Timing { get; }

    /// <exception cref="JobRefusedException">The first thing that is not allowed, or a calendar that does not exist.</exception>
    public static Schedule Read(ScheduleDefinition definition, IReadOnlyDictionary<string, Calendar> calendars, TimeProvider clock)
    {
        Names.Check("schedule", definition.Id);
        Require(definition.Rule is not null, "rule", definition.Rule, "a cron expression, or 'every ...', 'on ...' or 'at ...'");
        Require(definition.Zone is not null, "zone", definition.Zone, "a time zone such as Europe/Berlin");
        Require(definition.EndsAt is null || definition.StartsAt is null || definition.StartsAt <= definition.EndsAt, "endsAt", definition.EndsAt?.ToString("O"), "a time after startsAt");
        Require(definition.StartsAt is not { } start || (start.Ticks % TimeSpan.TicksPerSecond == 0 && start.Year is >= 1970 and <= 2200), "startsAt", definition.StartsAt?.ToString("O"), "a time in whole seconds between the years 1970 and 2200");
        Require(definition.Jitter >= TimeSpan.Zero && definition.Jitter <= TimeSpan.FromDays(1), "jitter", definition.Jitter.ToString(), "0 to 1 day");
        Require(Enum.IsDefined(definition.Misfire), "misfire", definition.Misfire.ToString(), "Skip, RunOnce or RunAll");
        Require(definition.MisfireLimit is >= 1 and <= 10_000, "misfireLimit", definition.MisfireLimit.ToString(), "1 to 10,000");
        Require(definition.CatchUp >= TimeSpan.Zero && definition.CatchUp <= TimeSpan.FromDays(366), "catchUp", definition.CatchUp.ToString(), "0 to 366 days");
        Require(Enum.IsDefined(definition.Overlap), "overlap", definition.Overlap.ToString(), "Skip, QueueOne, Allow or CancelRunning");
        Require(definition.Calendars is { Count: <= 16 }, "calendars", definition.Calendars?.Count.ToString(), "at most 16 calendars");
        var rule = Rule.Parse(definition.Rule!);
        var named = definition.Calendars!.Select(name => calendars.GetValueOrDefault(name)
            ?? throw new JobRefusedException("calendars", name, "names of calendars that exist"));
        var timing = new Timing(rule, Zone.Find(definition.Zone!), [.. named], definition.StartsAt, definition.EndsAt);
        var schedule = new Schedule(definition, rule, timing);
        schedule.JobAt(DateTimeOffset.UnixEpoch, clock);
        return schedule;
    }

    /// <summary>Refuses what can never fire, or fires more often than is allowed.</summary>
    /// <exception cref="JobRefusedException">One sentence.</exception>
    public void CheckFires(DateTimeOffset now, TimeSpan minInterval)
    {
        var first = Timing.Next(now);
        Require(first is not null, "rule", Definition.Rule, "a rule that fires at least once from now on, within its start, end and calendars");
        // A year shows how close two fires may come; looking on for centuries would only take time.
        var fires = Timing.Between(first!.Value.AddTicks(-1), first.Value.AddYears(1), 100).ToList();
        var closest = fires.Zip(fires.Skip(1), (first, second) => second - first).DefaultIfEmpty(TimeSpan.MaxValue).Min();
        Require(closest >= minInterval, "rule", Definition.Rule, $"at least {minInterval} between two fires");
    }

    /// <summary>The job of a fire. Its id follows from the schedule and the time, so that it is the same whoever makes it.</summary>
    /// <exception cref="JobRefusedException">The job would not be let in at the door.</exception>
    public NewJob JobAt(DateTimeOffset nominal, TimeProvider clock) => NewJob.From(Definition.Kind, Definition.Queue, Definition.Payload, new EnqueueOptions
    {
        Id = FireIdentity.JobId(Definition.Id, nominal),
        RunAt = nominal + FireIdentity.Jitter(Definition.Id, nominal, Definition.Jitter),
        Priority = Definition.Priority,
        Tenant = Definition.Tenant,
        MaxAttempts = Definition.MaxAttempts,
        Timeout = Definition.Timeout,
        Unique = Definition.Overlap switch
        {
            Overlap.Skip => Key with { WhenRunning = WhenRunning.Drop },
            Overlap.QueueOne => Key,
            _ => null,
        },
    }, clock);

    /// <summary>Where the schedule goes on from: nothing that was dealt with fires again, not even when the clock is put back.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset now, DateTimeOffset? lastAt) => Timing.Next(lastAt > now ? lastAt.Value : now);

    public ScheduleRow Row(DateTimeOffset now, ScheduleRow? before) => new()
    {
        Id = Definition.Id,
        RuleKind = (short)Rule.Kind,
        Definition = DefinitionJson.Write(Definition),
        Source = before?.Source,
        Declared = before?.Declared,
        Paused = before?.Paused ?? false,
        NextAt = NextAfter(now, before?.LastAt),
        LastAt = before?.LastAt,
        Missed = before?.Missed ?? 0,
        Version = before?.Version ?? 0,
    };

    private Unique Key => Unique.WhileActive("schedule:" + Definition.Id);

    private static void Require(bool holds, string field, string? value, string allowed)
    {
        if (!holds)
        {
            throw new JobRefusedException(field, value, allowed);
        }
    }
}
