using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Definitions;

namespace BusJobs.Scheduling;

public sealed partial class Schedules
{
    /// <summary>The API lists what is to come where a schedule of this name would be.</summary>
    private const string Reserved = "preview";

    private const int Tries = 5;

    internal async Task<Schedule> CheckAsync(ScheduleDefinition definition, CancellationToken cancellationToken)
    {
        var schedule = Schedule.Read(definition, await CalendarsAsync(cancellationToken), clock);
        if (!IsWithin(definition))
        {
            throw new JobRefusedException("tenant", definition.Tenant, $"'{Tenant}', and no other tenant");
        }

        if (definition.Id == Reserved)
        {
            throw new JobRefusedException("schedule", definition.Id, "another name");
        }

        schedule.CheckFires(clock.GetUtcNow(), options.Value.MinInterval);
        return schedule;
    }

    /// <summary>Reads, changes and writes; once more if somebody else wrote in between.</summary>
    internal async Task<ScheduleRow> ChangeAsync(string id, Func<ScheduleRow?, ScheduleRow> change, CancellationToken cancellationToken)
    {
        for (var left = Tries; left > 0; left--)
        {
            var before = await store.FindScheduleAsync(id, cancellationToken);
            if (before is not null && !IsWithin(DefinitionJson.Schedule(before.Definition)))
            {
                throw new JobRefusedException("schedule", id, "an id that is free: a schedule of others has it");
            }

            var row = change(before);
            if (await store.SaveScheduleAsync(row, cancellationToken))
            {
                return row with { Version = row.Version + 1 };
            }
        }

        throw new JobRefusedException("schedule", id, "one that is not being changed by others at the same time: try again");
    }

    private async Task CheckRoomAsync(ScheduleDefinition definition, CancellationToken cancellationToken)
    {
        var others = 0;
        await foreach (var row in AllAsync(cancellationToken))
        {
            others += DefinitionJson.Schedule(row.Definition).Tenant == definition.Tenant ? 1 : 0;
        }

        if (others >= options.Value.MaxSchedules)
        {
            throw new JobRefusedException("schedule", definition.Id, $"at most {options.Value.MaxSchedules:N0} schedules of one tenant, or of none");
        }
    }
}

/// <summary>Somebody else has changed, removed or made it since the caller read it. Nothing was written.</summary>
public sealed class ChangedMeanwhileException(string what, string name)
    : Exception($"The {what} '{name}' is not as it was read: it has been changed, removed or made since then. Read it again.");
