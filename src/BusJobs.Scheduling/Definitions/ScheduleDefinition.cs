namespace BusJobs.Scheduling.Definitions;

/// <summary>What becomes of fire times that passed while nothing could fire, or longer ago than the grace.</summary>
public enum Misfire
{
    /// <summary>They are let go.</summary>
    Skip,

    /// <summary>They become one run, at the latest of them, unless a run on time stands for it anyway.</summary>
    RunOnce,

    /// <summary>Each runs, up to the limit; the latest are kept.</summary>
    RunAll,
}

/// <summary>What becomes of a fire while an earlier job of the schedule has not ended.</summary>
public enum Overlap
{
    /// <summary>It is let go.</summary>
    Skip,

    /// <summary>One job, and no more, waits until the running one has ended.</summary>
    QueueOne,

    /// <summary>Both run.</summary>
    Allow,

    /// <summary>The earlier job is cancelled, or asked to stop when it runs already.</summary>
    CancelRunning,
}

/// <summary>What is enqueued, and when. The same whether it is declared in code, in settings or at runtime.</summary>
public sealed record ScheduleDefinition
{
    /// <summary>Its name, by the rule of all names.</summary>
    public required string Id { get; init; }

    /// <summary>The kind of the jobs.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// A cron expression with five fields or six (seconds first), a macro, <c>every 15m</c>, <c>on last business day of month at 18:00</c>,
    /// or <c>at 2026-12-24T18:00</c>.
    /// </summary>
    public required string Rule { get; init; }

    /// <summary>Default: <c>default</c>.</summary>
    public string Queue { get; init; } = Names.DefaultQueue;

    /// <summary>JSON. Default: an empty object.</summary>
    public string Payload { get; init; } = "{}";

    /// <summary>Default: 100.</summary>
    public byte Priority { get; init; } = EnqueueOptions.DefaultPriority;

    public string? Tenant { get; init; }

    /// <summary>Default: what the worker's policy for the kind says.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>How long one attempt may run. Default: what the worker's policy for the kind says.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>An IANA id, a Windows id or UTC. Default: UTC.</summary>
    public string Zone { get; init; } = "UTC";

    /// <summary>No fire before; intervals are counted from here. In whole seconds. Default: none, and intervals are counted from 1970.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>No fire after. Default: none.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Each job is due up to so much later than its fire time, by an amount that follows from both; up to a day. Default: none.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Default: <see cref="Misfire.RunOnce"/>.</summary>
    public Misfire Misfire { get; init; } = Misfire.RunOnce;

    /// <summary>The most runs that are made up for by <see cref="Misfire.RunAll"/>, 1 to 10,000. Default: 100.</summary>
    public int MisfireLimit { get; init; } = 100;

    /// <summary>Fire times longer ago than this are let go whatever the policy, up to a year. Default: a day.</summary>
    public TimeSpan CatchUp { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Default: <see cref="Overlap.Allow"/>.</summary>
    public Overlap Overlap { get; init; } = Overlap.Allow;

    /// <summary>Names of the calendars that must let a fire through, at most 16. Default: none.</summary>
    public IReadOnlyList<string> Calendars { get; init; } = [];

    /// <summary>A schedule of a typed command: its kind, queue and payload are those of the command.</summary>
    /// <param name="id">Its name, by the rule of all names.</param>
    /// <param name="rule">When it fires.</param>
    /// <param name="job">What each fire enqueues.</param>
    /// <exception cref="JobRefusedException">The type carries no <see cref="JobKindAttribute"/>.</exception>
    public static ScheduleDefinition Of<TJob>(string id, string rule, TJob job)
        where TJob : notnull
    {
        var kind = JobKind.Of(job.GetType());
        return new ScheduleDefinition { Id = id, Kind = kind.Name, Rule = rule, Queue = kind.Queue, Payload = PayloadJson.Write(job) };
    }
}
