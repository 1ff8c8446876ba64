using BusJobs.Ledger.Schedules;
using BusJobs.Ledger.Upkeep;
using BusJobs.Scheduling.Fires;
using BusJobs.Scheduling.Times;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling.Services;

/// <summary>
/// Fires the schedules of some kinds of rules. There is one for crons and intervals, one for calendar rules and one for one-off times, so
/// that each has a leader and a history of its own; what they do is the same.
/// </summary>
internal sealed class FiringService(
    string name, RuleKind[] rules, DueSchedules due, IScheduleStore schedules, IUpkeepStore store, SchedulerIdentity identity,
    IOptions<SchedulingOptions> options, TimeProvider clock, ILogger<FiringService> logger) : TimedService(store, identity, options, clock, logger)
{
    private readonly short[] kinds = [.. rules.Select(rule => (short)rule)];

    public override string Name => name;

    public override TimeSpan Rest => Options.Rest;

    protected override async Task<RunReport> WorkAsync(CancellationToken cancellationToken)
    {
        var count = await due.FireAsync(kinds, cancellationToken);
        var next = await schedules.NextDueAsync(kinds, cancellationToken) - Clock.GetUtcNow();
        var pause = next is not { } soon || soon > Rest ? Rest : soon < TimeSpan.Zero ? TimeSpan.Zero : soon;
        return new RunReport(count == FireCount.Nothing ? null : Text(count), pause);
    }

    private static string Text(FireCount count) =>
        $"{count.Fired} fired, {count.Skipped} skipped for overlap, {count.Refused} refused at the door, {count.Missed} missed";
}
