using System.Text.Json.Serialization;

namespace Forge.Hooks;

[JsonConverter(typeof(JsonStringEnumConverter<DeliveryState>))]
public enum DeliveryState
{
    /// <summary>It is due, or will be.</summary>
    Pending,

    /// <summary>The receiver has answered 2xx; it is never sent again by itself.</summary>
    Delivered,

    /// <summary>The schedule is over.</summary>
    Failed,

    /// <summary>Its endpoint was disabled before it came through.</summary>
    Dropped,
}

/// <summary>One event on its way to one endpoint.</summary>
public sealed class Delivery
{
    public required Guid Id { get; init; }
    public required Guid EndpointId { get; init; }

    /// <summary>The <c>webhook-id</c>: the same in every try, and in every redelivery.</summary>
    public required string EventId { get; init; }

    public required string EventType { get; init; }

    /// <summary>The exact text that is sent.</summary>
    public required string Body { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public DeliveryState State { get; set; }

    /// <summary>Rises with each redelivery; a job of an earlier round has nothing more to do.</summary>
    public int Round { get; set; } = 1;

    /// <summary>Made in this round.</summary>
    public int TriesMade { get; set; }

    /// <summary>Before then no try is made.</summary>
    public DateTimeOffset? NextAt { get; set; }

    public HookEndpoint Endpoint { get; private set; } = null!;
    public ICollection<DeliveryTry> Tries { get; } = [];
}

/// <summary>One request and what came back.</summary>
public sealed class DeliveryTry
{
    public long Id { get; private set; }
    public required Guid DeliveryId { get; init; }
    public required int Round { get; init; }

    /// <summary>1 for the first of the round.</summary>
    public required int Number { get; init; }

    public required DateTimeOffset At { get; init; }
    public required int TookMs { get; init; }

    /// <summary>Headers, one a line.</summary>
    public required string Request { get; init; }

    /// <summary>Null when there was no answer.</summary>
    public required int? Status { get; init; }

    /// <summary>Null when it was delivered.</summary>
    public required string? Fault { get; init; }

    /// <summary>The first 1 KiB of the answer's body.</summary>
    public required string Response { get; init; }
}
