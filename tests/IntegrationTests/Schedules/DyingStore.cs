using BusJobs.Ledger.Schedules;

namespace BusJobs.IntegrationTests.Schedules;

/// <summary>What a scheduler that was killed leaves behind.</summary>
public sealed class DeathException : Exception;

/// <summary>A store whose scheduler dies as it fires: before the transaction (1), after its commit (2), or not at all (0).</summary>
internal sealed class DyingStore(IScheduleStore store, int death) : IScheduleStore
{
    public bool IsDead { get; private set; }

    public async Task<FireReport> FireAsync(IReadOnlyCollection<Firing> firings, DateTimeOffset now, CancellationToken cancellationToken)
    {
        Die(death == 1);
        var report = await store.FireAsync(firings, now, cancellationToken);
        Die(death == 2);
        return report;
    }

    public Task<IReadOnlyList<ScheduleRow>> DueAsync(IReadOnlyCollection<short> ruleKinds, DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        store.DueAsync(ruleKinds, now, limit, cancellationToken);

    public Task<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<short> ruleKinds, CancellationToken cancellationToken) =>
        store.NextDueAsync(ruleKinds, cancellationToken);

    public Task<IReadOnlyList<ScheduleRow>> SchedulesAsync(string? after, int limit, CancellationToken cancellationToken) =>
        store.SchedulesAsync(after, limit, cancellationToken);

    public Task<ScheduleRow?> FindScheduleAsync(string id, CancellationToken cancellationToken) => store.FindScheduleAsync(id, cancellationToken);

    public Task<bool> SaveScheduleAsync(ScheduleRow schedule, CancellationToken cancellationToken) => store.SaveScheduleAsync(schedule, cancellationToken);

    public Task<bool> RemoveScheduleAsync(string id, int? version, CancellationToken cancellationToken) => store.RemoveScheduleAsync(id, version, cancellationToken);

    public Task<IReadOnlyList<FireRecord>> FiresAsync(string scheduleId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        store.FiresAsync(scheduleId, before, limit, cancellationToken);

    public Task<IReadOnlyList<Guid>> LiveJobsAsync(string scheduleId, DateTimeOffset before, CancellationToken cancellationToken) =>
        store.LiveJobsAsync(scheduleId, before, cancellationToken);

    public Task<IReadOnlyList<CalendarRow>> CalendarsAsync(CancellationToken cancellationToken) => store.CalendarsAsync(cancellationToken);

    public Task<bool> SaveCalendarAsync(CalendarRow calendar, string? expected, CancellationToken cancellationToken) => store.SaveCalendarAsync(calendar, expected, cancellationToken);

    public Task<bool> RemoveCalendarAsync(string name, string? expected, CancellationToken cancellationToken) => store.RemoveCalendarAsync(name, expected, cancellationToken);

    private void Die(bool now)
    {
        if (now)
        {
            IsDead = true;
            throw new DeathException();
        }
    }
}
