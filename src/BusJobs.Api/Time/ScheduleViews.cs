using BusJobs.Api.Input;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling;

namespace BusJobs.Api.Time;

/// <param name="Source">Who declared it in code or settings; null when it was made at runtime.</param>
/// <param name="NextAt">The next nominal fire time; null when it is over.</param>
/// <param name="LastAt">The last nominal fire time that was dealt with.</param>
/// <param name="Missed">Fire times that the misfire policy let go.</param>
public sealed record ScheduleShown(
    string Id, ScheduleRequest Definition, string? Source, bool Paused, DateTimeOffset? NextAt, DateTimeOffset? LastAt, long Missed)
{
    internal static ScheduleShown Of(ScheduleView view) => new(
        view.Definition.Id, ScheduleRequest.Of(view.Definition), view.Source, view.Paused, view.NextAt, view.LastAt, view.Missed);
}

/// <param name="Next">For the parameter <c>cursor</c> of the next page; null at the end.</param>
public sealed record ScheduleList(IReadOnlyList<ScheduleShown> Schedules, string? Next);

/// <param name="RunAt">When its job is due: later by the jitter.</param>
/// <param name="WallTime">The nominal time on the clock of the schedule's zone, such as 2026-01-31T09:00:00.</param>
public sealed record UpcomingView(string ScheduleId, DateTimeOffset NominalAt, DateTimeOffset RunAt, string WallTime)
{
    internal static UpcomingView Of(UpcomingFire fire) => new(
        fire.ScheduleId, fire.NominalAt, fire.RunAt, fire.WallTime.ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture));
}

/// <param name="More">Whether there are more than are shown.</param>
public sealed record UpcomingList(IReadOnlyList<UpcomingView> Fires, bool More);

/// <param name="NominalAt">The time that the rule gave; of a run out of turn, the moment.</param>
/// <param name="Outcome">enqueued, skipped (an earlier job had not ended) or refused (at the door, for its limits).</param>
public sealed record FireView(DateTimeOffset NominalAt, DateTimeOffset FiredAt, Guid JobId, string Outcome)
{
    internal static FireView Of(FireRecord fire) => new(
        fire.NominalAt, fire.FiredAt, fire.JobId, fire.Outcome.Word);
}

/// <param name="Next">For the parameter <c>cursor</c> of the next page; null at the end.</param>
public sealed record FireList(IReadOnlyList<FireView> Fires, string? Next);

/// <param name="Fires">Fire times in the range, at most 10,000.</param>
/// <param name="GoOnAt">The <c>from</c> of the next request, when there are more; else null.</param>
/// <param name="Enqueued">Jobs that are new. The others had fired before, or were turned away at the door.</param>
public sealed record BackfillAnswer(int Fires, DateTimeOffset? GoOnAt, int Enqueued, bool DryRun);
