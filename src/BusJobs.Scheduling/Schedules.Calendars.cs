using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Definitions;

namespace BusJobs.Scheduling;

public sealed partial class Schedules
{
    private const int Page = 500;

    /// <summary>Adds or replaces a calendar. Schedules that go by it look anew for their next fire.</summary>
    /// <exception cref="JobRefusedException">An entry of it is not allowed.</exception>
    public async Task SaveCalendarAsync(CalendarDefinition calendar, CancellationToken cancellationToken)
    {
        await SaveCalendarAsync(calendar, source: null, cancellationToken);
        await LookAnewAsync(calendar, cancellationToken);
    }

    /// <summary>Replaces a calendar that is as the caller expects it.</summary>
    /// <param name="isExpected">Looks at the calendar as it is.</param>
    /// <exception cref="JobRefusedException">An entry of it is not allowed.</exception>
    /// <exception cref="ChangedMeanwhileException">It is not as expected, or there is none; nothing was changed.</exception>
    public async Task ReplaceCalendarAsync(CalendarDefinition calendar, Func<CalendarDefinition, bool> isExpected, CancellationToken cancellationToken)
    {
        _ = new Calendar(calendar);
        var before = await FindCalendarAsync(calendar.Name, cancellationToken);
        if (before is null || !isExpected(DefinitionJson.Calendar(before.Definition))
            || !await store.SaveCalendarAsync(new CalendarRow(calendar.Name, DefinitionJson.Write(calendar), Source: null), before.Definition, cancellationToken))
        {
            throw new ChangedMeanwhileException("calendar", calendar.Name);
        }

        await LookAnewAsync(calendar, cancellationToken);
    }

    private async Task LookAnewAsync(CalendarDefinition calendar, CancellationToken cancellationToken)
    {
        var calendars = await CalendarsAsync(cancellationToken);
        await foreach (var user in UsersOfAsync(calendar.Name, cancellationToken))
        {
            // Should somebody change it meanwhile, the change has looked at the new calendar itself.
            var schedule = Schedule.Read(DefinitionJson.Schedule(user.Definition), calendars, clock);
            await store.SaveScheduleAsync(user with { NextAt = schedule.NextAfter(clock.GetUtcNow(), user.LastAt) }, cancellationToken);
        }
    }

    /// <returns>False when there was none.</returns>
    /// <exception cref="JobRefusedException">A schedule goes by it.</exception>
    public Task<bool> RemoveCalendarAsync(string name, CancellationToken cancellationToken) => RemoveCalendarAsync(name, _ => true, cancellationToken);

    /// <summary>As above, while it is as the caller expects it.</summary>
    /// <param name="isExpected">Looks at the calendar as it is.</param>
    /// <exception cref="ChangedMeanwhileException">It is not; nothing was removed.</exception>
    public async Task<bool> RemoveCalendarAsync(string name, Func<CalendarDefinition, bool> isExpected, CancellationToken cancellationToken)
    {
        await foreach (var user in UsersOfAsync(name, cancellationToken))
        {
            throw new JobRefusedException("calendar", name, $"one that no schedule goes by, unlike this one, which '{user.Id}' does");
        }

        while (await FindCalendarAsync(name, cancellationToken) is { } before)
        {
            if (!isExpected(DefinitionJson.Calendar(before.Definition)))
            {
                throw new ChangedMeanwhileException("calendar", name);
            }

            // Should it change in between, it is looked at again.
            if (await store.RemoveCalendarAsync(name, before.Definition, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    public async Task<IReadOnlyList<CalendarDefinition>> ListCalendarsAsync(CancellationToken cancellationToken) =>
        [.. (await store.CalendarsAsync(cancellationToken)).Select(row => DefinitionJson.Calendar(row.Definition))];

    internal Task SaveCalendarAsync(CalendarDefinition calendar, string? source, CancellationToken cancellationToken)
    {
        _ = new Calendar(calendar);
        return store.SaveCalendarAsync(new CalendarRow(calendar.Name, DefinitionJson.Write(calendar), source), expected: null, cancellationToken);
    }

    internal async Task<Dictionary<string, Calendar>> CalendarsAsync(CancellationToken cancellationToken) =>
        (await store.CalendarsAsync(cancellationToken)).ToDictionary(row => row.Name, row => new Calendar(DefinitionJson.Calendar(row.Definition)), StringComparer.Ordinal);

    private async Task<CalendarRow?> FindCalendarAsync(string name, CancellationToken cancellationToken) =>
        (await store.CalendarsAsync(cancellationToken)).SingleOrDefault(row => row.Name == name);

    private async IAsyncEnumerable<ScheduleRow> UsersOfAsync(string calendar, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in AllAsync(cancellationToken))
        {
            if (DefinitionJson.Schedule(row.Definition).Calendars.Contains(calendar))
            {
                yield return row;
            }
        }
    }
}
