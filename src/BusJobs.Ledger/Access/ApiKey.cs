namespace BusJobs.Ledger;

/// <summary>What the holder of an API key may do. The numbers are stored.</summary>
[Flags]
public enum ApiScopes
{
    None = 0,

    /// <summary>Put jobs in.</summary>
    Enqueue = 1,

    /// <summary>See jobs, queues, kinds and workers.</summary>
    Read = 2,

    /// <summary>Cancel, retry, redrive, pause, resume and bump.</summary>
    Operate = 4,

    /// <summary>All of these.</summary>
    Admin = 8,
}

/// <summary>An API key as the ledger keeps it: never its secret, only the secret's hash.</summary>
public sealed record ApiKey
{
    /// <summary>The part of the key that may be shown: 12 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>What the key is for, in the words of <see cref="Names"/>.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the secret, 32 bytes.</summary>
    public required byte[] Hash { get; init; }

    public required ApiScopes Scopes { get; init; }

    /// <summary>The only tenant whose jobs the key sees and makes; null for all.</summary>
    public string? Tenant { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>When it was used last, to the hour.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    public bool IsGood(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is not { } end || end > now);
}
