using BusJobs.Api.Dashboard.Shell;
using BusJobs.Scheduling;

namespace BusJobs.Api.Why;

/// <summary>Why a schedule is not firing, for page and API: it is paused or over, its time has not come, or a calendar forbids the time that its rule gives.</summary>
internal sealed class ScheduleDiagnosis(TimeProvider clock)
{
    /// <summary>A scheduler looks every second or so; what is due for longer has none.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    /// <param name="own">Those of the caller's tenant.</param>
    public async Task<ScheduleWhyView> OfAsync(Schedules own, ScheduleView schedule, CancellationToken cancellationToken)
    {
        var (id, now) = (schedule.Definition.Id, clock.GetUtcNow());
        return new ScheduleWhyView(id, schedule switch
        {
            { Paused: true } => [new WhyCause("paused", "The schedule is paused: it fires no more until it is resumed. The audit tells by whom.")],
            { NextAt: null } => [new WhyCause("over", "The schedule is over: its rule gives no time any more.")],
            { NextAt: { } next } when now - next > Late => [new WhyCause("overdue", $"It should have fired {Shown.Span(now - next)} ago: if this lasts, no scheduler is running.")],
            { NextAt: { } next } when await own.ExcludedAsync(id, cancellationToken) is { } excluded && excluded.NominalAt < next =>
                [new WhyCause("calendar", $"Its rule gives {Shown.Time(excluded.NominalAt)}, which the calendar {excluded.Calendar} excludes: it fires next {Sentences.When(next, now)}.", next)],
            { NextAt: { } next } => [new WhyCause("time", $"It fires next {Sentences.When(next, now)}.", next)],
        });
    }
}
