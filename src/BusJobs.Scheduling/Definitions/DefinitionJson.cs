using System.Text.Json;
using System.Text.Json.Serialization;
using BusJobs.Scheduling.Calendars;

namespace BusJobs.Scheduling.Definitions;

/// <summary>How definitions are written into the ledger. Reading is lenient, so that a member that a later build added does no harm.</summary>
internal static class DefinitionJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write<T>(T definition) => JsonSerializer.Serialize(definition, Options);

    /// <exception cref="JobRefusedException">The text is not what was written.</exception>
    public static ScheduleDefinition Schedule(string json) => Read<ScheduleDefinition>(json, "schedule");

    /// <inheritdoc cref="Schedule"/>
    public static CalendarDefinition Calendar(string json) => Read<CalendarDefinition>(json, "calendar");

    private static T Read<T>(string json, string field)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw new JobRefusedException(field, json, $"its definition as JSON ({exception.Message.TrimEnd('.')})");
        }
    }
}
