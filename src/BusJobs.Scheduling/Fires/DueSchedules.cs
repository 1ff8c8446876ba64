using BusJobs.Ledger;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Definitions;
using BusJobs.Scheduling.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling.Fires;

/// <summary>What one look at the due schedules came to.</summary>
internal sealed record FireCount(int Fired, int Skipped, int Refused, long Missed)
{
    public static FireCount Nothing { get; } = new(0, 0, 0, 0);

    public static FireCount operator +(FireCount one, FireCount other) =>
        new(one.Fired + other.Fired, one.Skipped + other.Skipped, one.Refused + other.Refused, one.Missed + other.Missed);
}

/// <summary>
/// Fires the schedules whose time has come. Any number of these may look at the same moment: a schedule is moved on by one of them,
/// in the transaction that enqueues its jobs, and what the others had planned comes to nothing.
/// </summary>
internal sealed class DueSchedules(
    IScheduleStore store, ILedger ledger, Schedules schedules, IOptions<SchedulingOptions> options, TimeProvider clock, ILogger<DueSchedules> logger)
{
    /// <summary>Fires everything of these kinds that is due now.</summary>
    public async Task<FireCount> FireAsync(IReadOnlyCollection<short> kinds, CancellationToken cancellationToken)
    {
        var (now, total) = (clock.GetUtcNow(), FireCount.Nothing);
        IReadOnlyList<ScheduleRow> due;
        do
        {
            due = await store.DueAsync(kinds, now, options.Value.Batch, cancellationToken);
            if (due.Count > 0)
            {
                total += await FireAsync(due, now, cancellationToken);
            }
        }
        while (due.Count == options.Value.Batch);
        return total;
    }

    private async Task<FireCount> FireAsync(IReadOnlyList<ScheduleRow> due, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var calendars = await schedules.CalendarsAsync(cancellationToken);
        var firings = new List<Firing>(due.Count);
        foreach (var row in due)
        {
            if (await ReadAsync(row, calendars, cancellationToken) is { } schedule)
            {
                var plan = FirePlan.For(schedule, row.NextAt!.Value, now, options.Value.Grace);
                await CancelEarlierAsync(schedule, plan, now, cancellationToken);
                firings.Add(new Firing(row.Id, [.. plan.Fires.Select(at => new Fire(at, schedule.JobAt(at, clock)))])
                {
                    Advance = new Advance(row.Version, row.NextAt.Value, plan.Next, plan.LastAt, plan.Missed),
                });
            }
        }

        var report = await store.FireAsync(firings, now, cancellationToken);
        foreach (var fire in report.Fires.Where(fire => fire.Outcome == FireOutcome.Refused))
        {
            logger.FireRefused(fire.ScheduleId, fire.NominalAt);
        }

        var count = new FireCount(
            report.Enqueued, report.Fires.Count(fire => fire.Outcome == FireOutcome.Skipped), report.Fires.Count(fire => fire.Outcome == FireOutcome.Refused),
            firings.Sum(firing => firing.Advance!.Missed));
        SchedulingMetrics.Fired(count, report.Fires);
        return count;
    }

    /// <summary>One that cannot be read any more (its zone is gone, a later build wrote it) is paused, or it would be looked at for ever.</summary>
    private async Task<Schedule?> ReadAsync(ScheduleRow row, Dictionary<string, Calendar> calendars, CancellationToken cancellationToken)
    {
        try
        {
            return Schedule.Read(DefinitionJson.Schedule(row.Definition), calendars, clock);
        }
        catch (JobRefusedException refusal)
        {
            logger.ScheduleUnreadable(row.Id, refusal.Message);
            await store.SaveScheduleAsync(row with { Paused = true }, cancellationToken);
            return null;
        }
    }

    private async Task CancelEarlierAsync(Schedule schedule, FirePlan plan, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (schedule.Definition.Overlap != Overlap.CancelRunning || plan.Fires is not [var first, ..])
        {
            return;
        }

        // Only jobs of earlier fires: what another scheduler may have enqueued for this one is not touched.
        foreach (var job in await store.LiveJobsAsync(schedule.Definition.Id, first, cancellationToken))
        {
            await ledger.CancelAsync(job, now, cancellationToken);
        }
    }
}
