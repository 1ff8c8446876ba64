namespace Forge.Hooks.Log;

/// <summary>Which deliveries. Null matches everything.</summary>
public sealed record DeliveryFilter(Guid? Endpoint, DeliveryState? State);

/// <param name="Repository">For people.</param>
public sealed record EndpointLine(HookEndpoint Endpoint, string Repository);

/// <param name="TriesMade">In this round.</param>
/// <param name="Status">What the last try was answered; null when it had no answer, or none was made.</param>
/// <param name="Fault">Why the last try does not count; null when it does, or none was made.</param>
public sealed record DeliveryLine(Guid Id, Guid EndpointId, string EventType, DeliveryState State, DateTimeOffset CreatedAt, int TriesMade, int? Status, string? Fault);

/// <summary>Why a delivery is not sent once more.</summary>
public enum Refusal
{
    /// <summary>It is.</summary>
    None,

    /// <summary>Its endpoint is disabled.</summary>
    Disabled,

    /// <summary>A try, or another redelivery, has changed it at the same moment.</summary>
    Changed,
}
