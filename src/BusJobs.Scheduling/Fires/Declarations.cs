using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Definitions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling.Fires;

/// <summary>
/// Takes what is declared in code and settings over into the ledger. Any number of instances may do so at once: whoever comes second finds
/// everything as it should be.
/// </summary>
internal sealed class Declarations(
    IScheduleStore store, Schedules schedules, IOptions<SchedulingOptions> options, TimeProvider clock, ILogger<Declarations> logger)
{
    /// <summary>A declaration that is not allowed is told of and left out.</summary>
    public async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        var declared = options.Value;
        foreach (var calendar in declared.Calendars)
        {
            await ToldAsync(calendar.Name, () => schedules.SaveCalendarAsync(calendar, declared.Source, cancellationToken));
        }

        foreach (var definition in declared.Schedules)
        {
            await ToldAsync(definition.Id, () => TakeOverAsync(definition, cancellationToken));
        }

        await RemoveOthersAsync(declared, cancellationToken);
    }

    /// <summary>A declaration that has not changed leaves a change made at runtime alone.</summary>
    private async Task TakeOverAsync(ScheduleDefinition definition, CancellationToken cancellationToken)
    {
        var text = DefinitionJson.Write(definition);
        if (await store.FindScheduleAsync(definition.Id, cancellationToken) is { } row && row.Declared == text && row.Source == options.Value.Source)
        {
            return;
        }

        var schedule = await schedules.CheckAsync(definition, cancellationToken);
        await schedules.ChangeAsync(
            schedule.Definition.Id, before => schedule.Row(clock.GetUtcNow(), before) with { Source = options.Value.Source, Declared = text }, cancellationToken);
    }

    private async Task ToldAsync(string name, Func<Task> takeOver)
    {
        try
        {
            await takeOver();
        }
        catch (JobRefusedException refusal)
        {
            logger.DeclarationRefused(name, refusal.Message);
        }
    }

    private async Task RemoveOthersAsync(SchedulingOptions declared, CancellationToken cancellationToken)
    {
        var ids = declared.Schedules.Select(definition => definition.Id).ToHashSet(StringComparer.Ordinal);
        await foreach (var row in schedules.AllAsync(cancellationToken))
        {
            if (row.Source == declared.Source && !ids.Contains(row.Id))
            {
                await store.RemoveScheduleAsync(row.Id, version: null, cancellationToken);
                logger.DeclarationGone(row.Id, declared.Source);
            }
        }

        var names = declared.Calendars.Select(calendar => calendar.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var calendar in await store.CalendarsAsync(cancellationToken))
        {
            if (calendar.Source == declared.Source && !names.Contains(calendar.Name))
            {
                await store.RemoveCalendarAsync(calendar.Name, expected: null, cancellationToken);
            }
        }
    }
}
