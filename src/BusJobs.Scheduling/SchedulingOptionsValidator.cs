using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Definitions;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling;

/// <summary>Tells of a bad declaration before anything is started. Whether a calendar exists is known only when the ledger is there.</summary>
internal sealed class SchedulingOptionsValidator(TimeProvider clock) : IValidateOptions<SchedulingOptions>
{
    public ValidateOptionsResult Validate(string? name, SchedulingOptions options)
    {
        try
        {
            Names.Check("source", options.Source);
            var calendars = options.Calendars.ToDictionary(calendar => calendar.Name ?? "", calendar => new Calendar(calendar), StringComparer.Ordinal);
            foreach (var definition in options.Schedules)
            {
                Schedule.Read(definition with { Calendars = [.. definition.Calendars.Where(calendars.ContainsKey)] }, calendars, clock);
            }

            return options.Schedules.CountBy(definition => definition.Id).FirstOrDefault(id => id.Value > 1) is { Key: { } twice }
                ? ValidateOptionsResult.Fail($"schedule '{twice}' is refused: expected each id once.")
                : ValidateOptionsResult.Success;
        }
        catch (JobRefusedException refusal)
        {
            return ValidateOptionsResult.Fail(refusal.Message);
        }
    }
}
