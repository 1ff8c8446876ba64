using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace BusJobs.Api.Access;

/// <summary>
/// One-time sign-in links, and the sessions that browsers get for them. Both are random tokens of which only the hash is kept, in memory: a
/// restart ends them all.
/// </summary>
public sealed class Sessions(TimeProvider clock)
{
    /// <summary>How long a link may be followed.</summary>
    public static readonly TimeSpan LinkLife = TimeSpan.FromMinutes(15);

    /// <summary>How long a browser stays signed in.</summary>
    public static readonly TimeSpan SessionLife = TimeSpan.FromHours(12);

    internal const string Cookie = "busjobs-session";
    private const int MaxTokens = 1_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> links = new();
    private readonly ConcurrentDictionary<string, (string KeyId, DateTimeOffset End)> sessions = new();

    /// <summary>A token for <c>/signin?token=...</c>, good once, for 15 minutes.</summary>
    public string OfferLink() => Add(links, clock.GetUtcNow() + LinkLife);

    /// <summary>Takes the token, so that it opens nothing again.</summary>
    internal bool Follow(string token) => links.TryRemove(Hash(token), out var end) && end > clock.GetUtcNow();

    /// <returns>The token for the cookie.</returns>
    internal string Open(string keyId) => Add(sessions, (keyId, clock.GetUtcNow() + SessionLife));

    internal void Close(string token) => sessions.TryRemove(Hash(token), out _);

    /// <summary>The id of the key on whose behalf a session was opened; null when there is none, or it is over.</summary>
    internal string? Find(string token) => sessions.TryGetValue(Hash(token), out var session) && session.End > clock.GetUtcNow() ? session.KeyId : null;

    private static string Add<T>(ConcurrentDictionary<string, T> tokens, T value)
    {
        if (tokens.Count >= MaxTokens)
        {
            tokens.Clear();
        }

        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        tokens[Hash(token)] = value;
        return token;
    }

    private static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
