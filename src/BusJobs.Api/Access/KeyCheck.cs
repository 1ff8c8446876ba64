using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using BusJobs.Api.Access.Bounds;
using BusJobs.Ledger;

namespace BusJobs.Api.Access;

/// <summary>
/// Tells whether a presented API key is good. A key that was found is remembered for ten seconds, so a busy caller costs no look-ups, and
/// a revoked one is out within that time.
/// </summary>
internal sealed class KeyCheck(IApiKeys keys, FailedTries tries, TimeProvider clock)
{
    public const string Scheme = "Bearer";

    private const int MaxKnown = 10_000;
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UseNoted = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, (ApiKey Key, long At)> known = new();

    /// <exception cref="AccessException">The key is not good, or its address has failed too often.</exception>
    public async Task<ClaimsPrincipal> CheckAsync(string text, IPAddress address, CancellationToken cancellationToken)
    {
        // The hash is compared in constant time, also with nothing, so that the time tells nobody which ids there are.
        var key = ApiKeyText.TryRead(text, out var id, out var hash) ? await FindAsync(id, address, cancellationToken) : null;
        var isSame = CryptographicOperations.FixedTimeEquals(key?.Hash ?? new byte[32], hash);
        if (key is null || !isSame || !key.IsGood(clock.GetUtcNow()))
        {
            tries.Note(address);
            throw new AccessException(401, "This API key is unknown, expired or revoked.");
        }

        return Caller.Of(key, Scheme);
    }

    /// <summary>The caller on whose behalf a session was opened; null when its key is no longer good, which ends the session.</summary>
    public async Task<ClaimsPrincipal?> OfSessionAsync(string id, IPAddress address, CancellationToken cancellationToken) =>
        await FindAsync(id, address, cancellationToken) is { } key && key.IsGood(clock.GetUtcNow()) ? Caller.Of(key, "Session") : null;

    private async Task<ApiKey?> FindAsync(string id, IPAddress address, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(id, out var found) && clock.GetElapsedTime(found.At) < Trust)
        {
            return found.Key;
        }

        if (tries.Wait(address) is { } wait)
        {
            throw new AccessException(429, "Too many failed authentications came from this address.", wait);
        }

        if (await keys.FindKeyAsync(id, cancellationToken) is not { } key)
        {
            known.TryRemove(id, out _);
            return null;
        }

        if (known.Count >= MaxKnown)
        {
            known.Clear();
        }

        known[id] = (key, clock.GetTimestamp());
        await NoteUseAsync(key, cancellationToken);
        return key;
    }

    private async Task NoteUseAsync(ApiKey key, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (key.IsGood(now) && (key.LastUsedAt is not { } last || now - last > UseNoted))
        {
            await keys.NoteKeyUseAsync(key.Id, now, cancellationToken);
        }
    }
}

/// <summary>Why a caller was not let in, other than for want of a scope.</summary>
/// <param name="status">401, 403 or 429.</param>
/// <param name="retryAfter">Set with 429.</param>
internal sealed class AccessException(int status, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public int Status => status;
    public TimeSpan? RetryAfter => retryAfter;
}
