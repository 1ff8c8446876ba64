using System.Text.Json;
using System.Text.Json.Serialization;

namespace BusJobs.Outbox.Model;

/// <summary>How a job lies in its row.</summary>
internal static class OutboxJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static string Write(NewJob job) => JsonSerializer.Serialize(job, Options);

    /// <exception cref="JsonException">The row does not hold a job.</exception>
    /// <exception cref="JobRefusedException">The job breaks a rule of the door.</exception>
    public static NewJob Read(string job) => (JsonSerializer.Deserialize<NewJob>(job, Options) ?? throw new JsonException("The row holds null.")).Checked();
}
