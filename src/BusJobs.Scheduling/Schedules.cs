using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Definitions;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling;

/// <summary>A schedule as callers see it.</summary>
/// <param name="Source">Who declared it in code or settings; null when it was made at runtime.</param>
/// <param name="NextAt">The next nominal fire time; null when it is over.</param>
/// <param name="LastAt">The last nominal fire time that was dealt with.</param>
/// <param name="Missed">Fire times that the misfire policy let go.</param>
/// <param name="Version">Raised by every change, and not by fires; 1 for a new one.</param>
public sealed record ScheduleView(
    ScheduleDefinition Definition, string? Source, bool Paused, DateTimeOffset? NextAt, DateTimeOffset? LastAt, long Missed, int Version);

/// <summary>
/// Everything that can be done with schedules and calendars at runtime. Changes are kept in the ledger and seen by every
/// scheduler within its rest. What is not allowed is refused in one sentence.
/// </summary>
public sealed partial class Schedules(IScheduleStore store, IOptions<SchedulingOptions> options, TimeProvider clock)
{
    /// <summary>Whose schedules these are; null for those of all tenants, and of none.</summary>
    private string? Tenant { get; init; }

    /// <summary>The schedules of one tenant: others are not there, and what is saved must be that tenant's. Null for all.</summary>
    public Schedules Within(string? tenant) => new(store, options, clock) { Tenant = tenant };

    /// <summary>Adds a schedule, or changes the one with its id. A changed one goes on from now, and stays paused if it was.</summary>
    /// <exception cref="JobRefusedException">The definition is not allowed, can never fire, or fires too often; or there are enough schedules.</exception>
    public Task<ScheduleView> SaveAsync(ScheduleDefinition definition, CancellationToken cancellationToken) => SaveAsync(definition, _ => true, cancellationToken);

    /// <summary>As above, but only what is as the caller expects it is changed.</summary>
    /// <param name="isExpected">Looks at the schedule as it is, or at null when there is none.</param>
    /// <exception cref="ChangedMeanwhileException">It is not; nothing was changed.</exception>
    public async Task<ScheduleView> SaveAsync(ScheduleDefinition definition, Func<ScheduleView?, bool> isExpected, CancellationToken cancellationToken)
    {
        var schedule = await CheckAsync(definition, cancellationToken);
        if (await store.FindScheduleAsync(definition.Id, cancellationToken) is null)
        {
            await CheckRoomAsync(definition, cancellationToken);
        }

        return View(await ChangeAsync(
            definition.Id,
            before => isExpected(before is null ? null : View(before)) ? schedule.Row(clock.GetUtcNow(), before) : throw new ChangedMeanwhileException("schedule", definition.Id),
            cancellationToken));
    }

    /// <summary>Holds a schedule: nothing fires. Times that pass are misfires when it is resumed.</summary>
    /// <returns>False when there is no such schedule.</returns>
    public Task<bool> PauseAsync(string id, CancellationToken cancellationToken) => SetPausedAsync(id, paused: true, _ => true, cancellationToken);

    /// <summary>Lets a schedule go on. What was missed is dealt with by its misfire policy.</summary>
    /// <returns>False when there is no such schedule.</returns>
    public Task<bool> ResumeAsync(string id, CancellationToken cancellationToken) => SetPausedAsync(id, paused: false, _ => true, cancellationToken);

    /// <summary>Holds a schedule or lets it go on, while it is as the caller expects it.</summary>
    /// <param name="isExpected">Looks at the schedule as it is.</param>
    /// <returns>False when there is no such schedule.</returns>
    /// <exception cref="ChangedMeanwhileException">It is not as expected; nothing was changed.</exception>
    public async Task<bool> SetPausedAsync(string id, bool paused, Func<ScheduleView, bool> isExpected, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is null)
        {
            return false;
        }

        await ChangeAsync(id, row => Expected(row ?? throw Unknown(id), isExpected) with { Paused = paused }, cancellationToken);
        return true;
    }

    /// <returns>False when there was none. Jobs that it enqueued stay.</returns>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => RemoveAsync(id, _ => true, cancellationToken);

    /// <summary>As above, while it is as the caller expects it.</summary>
    /// <param name="isExpected">Looks at the schedule as it is.</param>
    /// <exception cref="ChangedMeanwhileException">It is not; nothing was removed.</exception>
    public async Task<bool> RemoveAsync(string id, Func<ScheduleView, bool> isExpected, CancellationToken cancellationToken)
    {
        while (await store.FindScheduleAsync(id, cancellationToken) is { } row && IsWithin(View(row).Definition))
        {
            // Should it change in between, it is looked at again.
            if (await store.RemoveScheduleAsync(id, Expected(row, isExpected).Version, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>Null when there is no such schedule.</returns>
    public async Task<ScheduleView?> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindScheduleAsync(id, cancellationToken) is { } row && View(row) is var view && IsWithin(view.Definition) ? view : null;

    /// <summary>Schedules by id, from the one after the given id; at most 1,000 at once.</summary>
    public async Task<IReadOnlyList<ScheduleView>> ListAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        var views = new List<ScheduleView>();
        await foreach (var row in FromAsync(after, Math.Clamp(limit, 1, Page), cancellationToken))
        {
            if (View(row) is var view && IsWithin(view.Definition))
            {
                views.Add(view);
            }

            if (views.Count >= Math.Clamp(limit, 1, 1_000))
            {
                break;
            }
        }

        return views;
    }

    private bool IsWithin(ScheduleDefinition definition) => Tenant is null || definition.Tenant == Tenant;

    private static ScheduleRow Expected(ScheduleRow row, Func<ScheduleView, bool> isExpected) =>
        isExpected(View(row)) ? row : throw new ChangedMeanwhileException("schedule", row.Id);

    private static ScheduleView View(ScheduleRow row) =>
        new(DefinitionJson.Schedule(row.Definition), row.Source, row.Paused, row.NextAt, row.LastAt, row.Missed, row.Version);

    private static JobRefusedException Unknown(string id) => new("schedule", id, "the id of a schedule that exists");
}
