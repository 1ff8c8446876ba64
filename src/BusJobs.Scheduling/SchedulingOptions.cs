using System.ComponentModel.DataAnnotations;
using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Definitions;

namespace BusJobs.Scheduling;

/// <summary>What goes by the clock, and how. Bound from the section <c>BusJobs:Scheduling</c> by the server.</summary>
public sealed class SchedulingOptions
{
    /// <summary>
    /// Who declares <see cref="Schedules"/> and <see cref="Calendars"/>. What the same source declared before and declares no more is
    /// removed when it starts; what others declared, or what was made at runtime, is left alone. Default: <c>server</c>.
    /// </summary>
    [Required]
    public string Source { get; set; } = "server";

    /// <summary>Schedules declared in code or settings. A change made to one at runtime lasts until its declaration changes.</summary>
    public IList<ScheduleDefinition> Schedules { get; } = [];

    /// <summary>Calendars declared in code or settings.</summary>
    public IList<CalendarDefinition> Calendars { get; } = [];

    /// <summary>Declares a schedule of a typed command.</summary>
    /// <param name="id">Its name, by the rule of all names.</param>
    /// <param name="rule">When it fires.</param>
    /// <param name="job">What each fire enqueues.</param>
    /// <param name="with">Everything else about it, such as its zone. Default: as a definition has it.</param>
    /// <exception cref="JobRefusedException">The type carries no <see cref="JobKindAttribute"/>.</exception>
    public void Add<TJob>(string id, string rule, TJob job, Func<ScheduleDefinition, ScheduleDefinition>? with = null)
        where TJob : notnull
    {
        var definition = ScheduleDefinition.Of(id, rule, job);
        Schedules.Add(with?.Invoke(definition) ?? definition);
    }

    /// <summary>The least time between two fires of a schedule. Default: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MinInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most schedules of one tenant, and of those without a tenant. Default: 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxSchedules { get; set; } = 10_000;

    /// <summary>A fire that is not later than this is on time, and no misfire. Default: 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the services that fire schedules rest at most. A change that another process made is seen by then. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Rest { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often what waits and runs is counted for metrics. A count that takes long is rarer: counting never takes more than a fiftieth of the
    /// time. Default: 15 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ReportEvery { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the tally of dead jobs is compared with those that are there. Default: 15 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ReconcileEvery { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Most schedules that fire in one transaction. Default: 100.</summary>
    [Range(1, 1_000)]
    public int Batch { get; set; } = 100;

    /// <summary>How long one run of a service may take before it is cancelled. Default: 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long running services get to finish when the process stops. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan StopWithin { get; set; } = TimeSpan.FromSeconds(10);
}
