using Forge.Hooks.Wire;

namespace Forge.Hooks;

/// <summary>Where the events of a repository are sent.</summary>
public sealed class HookEndpoint
{
    /// <summary>Subscribes to all events.</summary>
    public const string Everything = "*";

    public required Guid Id { get; init; }
    public required long RepositoryId { get; init; }
    public required string Url { get; set; }

    /// <summary>Types of events, such as <c>push</c>, or <see cref="Everything"/>.</summary>
    public required List<string> Events { get; set; }

    /// <summary>Sealed; see <see cref="SecretBox"/>.</summary>
    public required string Secret { get; set; }

    /// <summary>Signs beside the new one until <see cref="OldSecretUntil"/>.</summary>
    public string? OldSecret { get; set; }

    public DateTimeOffset? OldSecretUntil { get; set; }

    /// <summary>Failed tries since the last good one.</summary>
    public int Failures { get; set; }

    public DateTimeOffset? FailingSince { get; set; }

    /// <summary>Until then nothing is sent; the first who comes later tries for all.</summary>
    public DateTimeOffset? OpenUntil { get; set; }

    /// <summary>Why nothing is sent any more; null while it is.</summary>
    public string? DisabledBecause { get; set; }

    /// <summary>Deliveries of one endpoint share turns with those of others, so that a slow one delays nobody else.</summary>
    public string Tenant => $"hook-{Id:n}";

    /// <summary>The URL without what may be a secret of the receiver.</summary>
    public string UrlForPeople => HookUrl.ForPeople(Url);

    internal IReadOnlyList<byte[]> Keys(SecretBox box, DateTimeOffset now)
    {
        string?[] texts = [Secret, OldSecretUntil > now ? OldSecret : null];
        return [.. texts.OfType<string>().Select(text => WebhookSecret.TryRead(box.Open(text, Id), out var key) ? key : throw new InvalidOperationException($"The secret of endpoint {Id} is none."))];
    }

    internal void Rotate(string secret, SecretBox box, DateTimeOffset until)
    {
        (OldSecret, OldSecretUntil) = (Secret, until);
        Secret = box.Seal(secret, Id);
    }
}
