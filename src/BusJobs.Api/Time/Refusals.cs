using BusJobs.Api.Input;

namespace BusJobs.Api.Time;

/// <summary>Where in a request that is which scheduling refuses: it names the parts of a cron expression, and the schedule by its id.</summary>
internal static class Refusals
{
    /// <param name="act">What may be refused.</param>
    /// <param name="crons">The member that holds cron expressions.</param>
    /// <exception cref="InputException">It was refused.</exception>
    public static async Task<T> ToldAsync<T>(Func<Task<T>> act, string crons = "rule")
    {
        try
        {
            return await act();
        }
        catch (JobRefusedException refused)
        {
            throw new InputException(PlaceOf(refused.Field, crons), refused.Message);
        }
    }

    private static Place PlaceOf(string field, string crons) => field switch
    {
        "schedule" => new Place(Parameter: "id"),
        "calendar" => new Place(Parameter: "name"),
        _ when field == "cron" || field.StartsWith("cron ", StringComparison.Ordinal) => new Place("/" + crons),
        _ => new Place(Problems.PointerTo(field)),
    };
}
