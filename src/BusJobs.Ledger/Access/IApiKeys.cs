namespace BusJobs.Ledger;

/// <summary>The API keys of a ledger, beside its jobs.</summary>
public interface IApiKeys
{
    Task AddKeyAsync(ApiKey key, CancellationToken cancellationToken);

    /// <summary>Null when there is no such key. One that expired or was revoked is found.</summary>
    Task<ApiKey?> FindKeyAsync(string id, CancellationToken cancellationToken);

    /// <summary>The newest keys first, at most 1,000, expired and revoked ones too.</summary>
    Task<IReadOnlyList<ApiKey>> KeysAsync(CancellationToken cancellationToken);

    /// <summary>Ends a key for good.</summary>
    /// <returns>False when there is no such key, or it was revoked before.</returns>
    Task<bool> RevokeKeyAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Notes that a key was used. The caller does so once an hour at most, so that a busy key costs no writes.</summary>
    Task NoteKeyUseAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);
}
