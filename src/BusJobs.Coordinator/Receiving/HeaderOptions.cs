using System.Globalization;

namespace BusJobs.Coordinator.Receiving;

/// <summary>
/// What a publisher may ask for in headers: <c>busjobs-queue</c>, <c>busjobs-tenant</c>, <c>busjobs-priority</c> (0 to 255),
/// <c>busjobs-delay</c>, <c>busjobs-timeout</c> and <c>busjobs-max-age</c> (such as 00:05:00), <c>busjobs-run-at</c> (ISO 8601),
/// <c>busjobs-max-attempts</c>, <c>busjobs-unique</c> (a key, while a job with it waits or runs) and <c>busjobs-tags</c> (separated by commas).
/// </summary>
internal static class HeaderOptions
{
    /// <summary>Where MassTransit writes the publisher's activity.</summary>
    private const string Activity = "MT-Activity-Id";

    private const string Span = "a time span such as 00:05:00";
    private const string Number = "a whole number";

    /// <exception cref="JobRefusedException">A header does not hold what it should.</exception>
    public static EnqueueOptions Read(Guid id, IReadOnlyDictionary<string, string> headers) => new()
    {
        Id = id,
        Queue = headers.GetValueOrDefault("busjobs-queue"),
        Tenant = headers.GetValueOrDefault("busjobs-tenant"),
        Priority = Parse<byte>(headers, "busjobs-priority", "0 to 255") ?? EnqueueOptions.DefaultPriority,
        Delay = Parse<TimeSpan>(headers, "busjobs-delay", Span),
        Timeout = Parse<TimeSpan>(headers, "busjobs-timeout", Span),
        MaxAge = Parse<TimeSpan>(headers, "busjobs-max-age", Span),
        Unique = headers.GetValueOrDefault("busjobs-unique") is { } key ? Unique.WhileActive(key) : null,
        RunAt = Parse<DateTimeOffset>(headers, "busjobs-run-at", "a time such as 2030-01-31T08:00:00Z"),
        MaxAttempts = Parse<int>(headers, "busjobs-max-attempts", Number),
        Tags = headers.GetValueOrDefault("busjobs-tags")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        TraceParent = headers.GetValueOrDefault(Activity) is { } activity && System.Diagnostics.ActivityContext.TryParse(activity, null, out _) ? activity : null,
    };

    private static T? Parse<T>(IReadOnlyDictionary<string, string> headers, string name, string allowed)
        where T : struct, IParsable<T>
    {
        if (!headers.TryGetValue(name, out var text))
        {
            return null;
        }

        return T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : throw new JobRefusedException($"header {name}", text, allowed);
    }
}
