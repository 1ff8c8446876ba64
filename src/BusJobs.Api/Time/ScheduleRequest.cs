using System.Text.Json;
using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Scheduling.Definitions;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Time;

/// <summary>What a schedule enqueues, and when. What is shown of a schedule may be sent back as it is.</summary>
public sealed record ScheduleRequest
{
    internal static readonly string[] Members =
    [
        "kind", "rule", "queue", "payload", "priority", "tenant", "maxAttempts", "timeout", "zone", "startsAt", "endsAt", "jitter", "misfire", "misfireLimit",
        "catchUp", "overlap", "calendars",
    ];

    internal static readonly Dictionary<string, Misfire> Misfires = new(StringComparer.Ordinal)
    {
        ["skip"] = Scheduling.Definitions.Misfire.Skip, ["run-once"] = Scheduling.Definitions.Misfire.RunOnce, ["run-all"] = Scheduling.Definitions.Misfire.RunAll,
    };

    internal static readonly Dictionary<string, Overlap> Overlaps = new(StringComparer.Ordinal)
    {
        ["skip"] = Scheduling.Definitions.Overlap.Skip, ["queue-one"] = Scheduling.Definitions.Overlap.QueueOne,
        ["allow"] = Scheduling.Definitions.Overlap.Allow, ["cancel-running"] = Scheduling.Definitions.Overlap.CancelRunning,
    };

    /// <summary>The stable name of the command, for example <c>forge.reindex-search</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// A cron expression with five fields or six (seconds first), a macro such as <c>@daily</c>, <c>every 15m</c>, <c>on last business day of month at
    /// 18:00</c>, or <c>at 2026-12-24T18:00</c>.
    /// </summary>
    public required string Rule { get; init; }

    /// <summary>Default: <c>default</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>The command as JSON. Default: an empty object.</summary>
    public JsonElement? Payload { get; init; }

    /// <summary>0 runs first, 255 last. Default: 100.</summary>
    public int? Priority { get; init; }

    /// <summary>Whose jobs these are.</summary>
    public string? Tenant { get; init; }

    /// <summary>1 to 1,000. Default: what the worker's policy says.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>How long one attempt may run. Default: what the worker's policy says.</summary>
    public string? Timeout { get; init; }

    /// <summary>An IANA id, a Windows id or UTC. Default: UTC.</summary>
    public string? Zone { get; init; }

    /// <summary>No fire before; intervals are counted from here. In whole seconds, with an offset.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>No fire after.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Each job is due up to so much later than its fire time; at most 1d. Default: 0s.</summary>
    public string? Jitter { get; init; }

    /// <summary>What becomes of fire times that passed while nothing could fire: <c>skip</c>, <c>run-once</c> (the default) or <c>run-all</c>.</summary>
    public string? Misfire { get; init; }

    /// <summary>The most runs that <c>run-all</c> makes up for, 1 to 10,000. Default: 100.</summary>
    public int? MisfireLimit { get; init; }

    /// <summary>Fire times longer ago than this are let go, at most 366d. Default: 1d.</summary>
    public string? CatchUp { get; init; }

    /// <summary>What becomes of a fire while an earlier job of the schedule has not ended: <c>skip</c>, <c>queue-one</c>, <c>allow</c> (the default) or <c>cancel-running</c>.</summary>
    public string? Overlap { get; init; }

    /// <summary>Names of the calendars that must let a fire through, at most 16.</summary>
    public IReadOnlyList<string>? Calendars { get; init; }

    internal static async Task<ScheduleDefinition> ReadAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var body = await Body.ReadAsync(http.Request, Limits.MaxPayloadBytes + Body.SmallBytes, cancellationToken);
        var fields = new Fields(body.RootElement, "", Members);
        var usual = new ScheduleDefinition { Id = id, Kind = fields.NeededText("kind", Names.Allowed), Rule = fields.NeededText("rule", "a cron expression, or 'every ...', 'on ...' or 'at ...'") };
        return usual with
        {
            Queue = fields.Text("queue") ?? usual.Queue,
            Payload = body.RootElement.TryGetProperty("payload", out var payload) ? payload.GetRawText() : usual.Payload,
            Priority = (byte)(fields.Number("priority", 0, byte.MaxValue) ?? usual.Priority),
            Tenant = TenantOf(fields, http.User.Tenant),
            MaxAttempts = fields.Number("maxAttempts", 1, Limits.MaxAttempts),
            Timeout = fields.Duration("timeout"),
            Zone = fields.Text("zone") ?? usual.Zone,
            StartsAt = fields.Time("startsAt"),
            EndsAt = fields.Time("endsAt"),
            Jitter = fields.Duration("jitter") ?? usual.Jitter,
            Misfire = fields.Word("misfire", Misfires) ?? usual.Misfire,
            MisfireLimit = fields.Number("misfireLimit", 1, 10_000) ?? usual.MisfireLimit,
            CatchUp = fields.Duration("catchUp") ?? usual.CatchUp,
            Overlap = fields.Word("overlap", Overlaps) ?? usual.Overlap,
            Calendars = fields.Texts("calendars", 16),
        };
    }

    internal static ScheduleRequest Of(ScheduleDefinition definition) => new()
    {
        Kind = definition.Kind,
        Rule = definition.Rule,
        Queue = definition.Queue,
        Payload = JsonElement.Parse(definition.Payload),
        Priority = definition.Priority,
        Tenant = definition.Tenant,
        MaxAttempts = definition.MaxAttempts,
        Timeout = definition.Timeout is { } timeout ? DurationText.Of(timeout) : null,
        Zone = definition.Zone,
        StartsAt = definition.StartsAt,
        EndsAt = definition.EndsAt,
        Jitter = DurationText.Of(definition.Jitter),
        Misfire = Misfires.First(word => word.Value == definition.Misfire).Key,
        MisfireLimit = definition.MisfireLimit,
        CatchUp = DurationText.Of(definition.CatchUp),
        Overlap = Overlaps.First(word => word.Value == definition.Overlap).Key,
        Calendars = definition.Calendars,
    };

    /// <summary>A key that is bound to a tenant makes schedules of that tenant only.</summary>
    private static string? TenantOf(Fields fields, string? own)
    {
        var tenant = fields.Text("tenant");
        return own is null || tenant is null || tenant == own
            ? tenant ?? own
            : throw new InputException(fields.At("tenant"), $"This API key makes schedules of the tenant '{own}' only.", StatusCodes.Status403Forbidden);
    }
}
