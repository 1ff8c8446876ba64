namespace BusJobs.Ledger.Schedules;

/// <summary>
/// The tables of schedules, calendars and fires; both ledgers have them. A fire and its job commit together with the schedule's
/// advance, and a schedule has at most one fire for each nominal time, whoever tries.
/// </summary>
public interface IScheduleStore
{
    /// <summary>Schedules whose next fire time has come and that are not paused, the longest overdue first.</summary>
    Task<IReadOnlyList<ScheduleRow>> DueAsync(IReadOnlyCollection<short> ruleKinds, DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>The earliest next fire time of any schedule that is not paused; null when there is none.</summary>
    Task<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<short> ruleKinds, CancellationToken cancellationToken);

    /// <summary>Schedules by id, from the one after the given id.</summary>
    Task<IReadOnlyList<ScheduleRow>> SchedulesAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Null when there is no such schedule.</summary>
    Task<ScheduleRow?> FindScheduleAsync(string id, CancellationToken cancellationToken);

    /// <summary>Adds a schedule (version 0) or writes a changed one.</summary>
    /// <returns>False when somebody else has added, changed or removed it since it was read: nothing was written.</returns>
    Task<bool> SaveScheduleAsync(ScheduleRow schedule, CancellationToken cancellationToken);

    /// <summary>Removes a schedule; with a version, only while it has that one. Its fires stay until they are cleaned up.</summary>
    /// <returns>False when there was none.</returns>
    Task<bool> RemoveScheduleAsync(string id, int? version, CancellationToken cancellationToken);

    /// <summary>Carries out all firings in one transaction: advances, fires and jobs, or nothing.</summary>
    Task<FireReport> FireAsync(IReadOnlyCollection<Firing> firings, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The latest fires of a schedule, the latest first; with a moment, only those of earlier nominal times.</summary>
    Task<IReadOnlyList<FireRecord>> FiresAsync(string scheduleId, DateTimeOffset? before, int limit, CancellationToken cancellationToken);

    /// <summary>Of the latest hundred fires before a nominal time, the jobs that have not ended.</summary>
    Task<IReadOnlyList<Guid>> LiveJobsAsync(string scheduleId, DateTimeOffset before, CancellationToken cancellationToken);

    Task<IReadOnlyList<CalendarRow>> CalendarsAsync(CancellationToken cancellationToken);

    /// <summary>Adds or replaces; with the definition that was read, only replaces, and only that.</summary>
    /// <returns>False when there is no calendar with the expected definition any more: nothing was written.</returns>
    Task<bool> SaveCalendarAsync(CalendarRow calendar, string? expected, CancellationToken cancellationToken);

    /// <summary>Removes a calendar; with the definition that was read, only that.</summary>
    /// <returns>False when there was none.</returns>
    Task<bool> RemoveCalendarAsync(string name, string? expected, CancellationToken cancellationToken);
}
