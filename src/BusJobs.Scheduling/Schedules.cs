using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Definitions;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling;

/// <summary>A schedule as callers see it.</summary>
/// <param name="Source">Who declared it in code or settings; null when it was made at runtime.</param>
/// <param name="NextAt">The next nominal fire time; null when it is over.</param>
/// <param name="LastAt">The last nominal fire time that was dealt with.</param>
/// <param name="Missed">Fire times that the misfire policy let go.</param>
public sealed record ScheduleView(
    ScheduleDefinition Definition, string? Source, bool Paused, DateTimeOffset? NextAt, DateTimeOffset? LastAt, long Missed);

/// <summary>
/// Everything that can be done with schedules and calendars at runtime. Changes are kept in the ledger and seen by every
/// scheduler within its rest. What is not allowed is refused in one sentence.
/// </summary>
public sealed partial class Schedules(IScheduleStore store, IOptions<SchedulingOptions> options, TimeProvider clock)
{
    private const int Tries = 5;

    /// <summary>Adds a schedule, or changes the one with its id. A changed one goes on from now, and stays paused if it was.</summary>
    /// <exception cref="JobRefusedException">The definition is not allowed, can never fire, or fires too often.</exception>
    public async Task<ScheduleView> SaveAsync(ScheduleDefinition definition, CancellationToken cancellationToken)
    {
        var schedule = await CheckAsync(definition, cancellationToken);
        return View(await ChangeAsync(definition.Id, before => schedule.Row(clock.GetUtcNow(), before), cancellationToken));
    }

    /// <summary>Holds a schedule: nothing fires. Times that pass are misfires when it is resumed.</summary>
    /// <returns>False when there is no such schedule.</returns>
    public Task<bool> PauseAsync(string id, CancellationToken cancellationToken) => SetPausedAsync(id, paused: true, cancellationToken);

    /// <summary>Lets a schedule go on. What was missed is dealt with by its misfire policy.</summary>
    /// <returns>False when there is no such schedule.</returns>
    public Task<bool> ResumeAsync(string id, CancellationToken cancellationToken) => SetPausedAsync(id, paused: false, cancellationToken);

    /// <returns>False when there was none. Jobs that it enqueued stay.</returns>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => store.RemoveScheduleAsync(id, cancellationToken);

    /// <returns>Null when there is no such schedule.</returns>
    public async Task<ScheduleView?> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindScheduleAsync(id, cancellationToken) is { } row ? View(row) : null;

    /// <summary>Schedules by id, from the one after the given id; at most 1,000 at once.</summary>
    public async Task<IReadOnlyList<ScheduleView>> ListAsync(string? after, int limit, CancellationToken cancellationToken) =>
        [.. (await store.SchedulesAsync(after, Math.Clamp(limit, 1, 1_000), cancellationToken)).Select(View)];

    /// <summary>The latest fires of a schedule, the latest first; at most 1,000.</summary>
    public Task<IReadOnlyList<FireRecord>> FiresAsync(string id, int limit, CancellationToken cancellationToken) =>
        store.FiresAsync(id, Math.Clamp(limit, 1, 1_000), cancellationToken);

    internal async Task<Schedule> CheckAsync(ScheduleDefinition definition, CancellationToken cancellationToken)
    {
        var schedule = Schedule.Read(definition, await CalendarsAsync(cancellationToken), clock);
        schedule.CheckFires(clock.GetUtcNow(), options.Value.MinInterval);
        return schedule;
    }

    /// <summary>Reads, changes and writes; once more if somebody else wrote in between.</summary>
    internal async Task<ScheduleRow> ChangeAsync(string id, Func<ScheduleRow?, ScheduleRow> change, CancellationToken cancellationToken)
    {
        for (var left = Tries; left > 0; left--)
        {
            var row = change(await store.FindScheduleAsync(id, cancellationToken));
            if (await store.SaveScheduleAsync(row, cancellationToken))
            {
                return row;
            }
        }

        throw new JobRefusedException("schedule", id, "one that is not being changed by others at the same time: try again");
    }

    private async Task<bool> SetPausedAsync(string id, bool paused, CancellationToken cancellationToken)
    {
        if (await store.FindScheduleAsync(id, cancellationToken) is null)
        {
            return false;
        }

        await ChangeAsync(id, row => (row ?? throw Unknown(id)) with { Paused = paused }, cancellationToken);
        return true;
    }

    private static ScheduleView View(ScheduleRow row) =>
        new(DefinitionJson.Schedule(row.Definition), row.Source, row.Paused, row.NextAt, row.LastAt, row.Missed);

    private static JobRefusedException Unknown(string id) => new("schedule", id, "the id of a schedule that exists");
}
