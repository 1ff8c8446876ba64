using System.Text.Json.Serialization;

namespace Forge.Hooks.Log;

[JsonConverter(typeof(JsonStringEnumConverter<HookChangeKind>))]
public enum HookChangeKind
{
    Made,
    SecretRotated,
    Disabled,
    Enabled,
}

/// <summary>What was done to an endpoint, on record for as long as the endpoint is: who sends what where is worth knowing later. No secret is in it.</summary>
public sealed class HookChange
{
    public long Id { get; private set; }
    public required Guid EndpointId { get; init; }
    public required DateTimeOffset At { get; init; }
    public required HookChangeKind What { get; init; }

    /// <summary>The address that the call came from; all callers have one token.</summary>
    public required string CalledFrom { get; init; }

    /// <summary>For people.</summary>
    public required string Detail { get; init; }
}
