using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace BusJobs.Ledger;

/// <summary>
/// How an API key is written: <c>bj_</c>, its id, <c>_</c>, and 256 random bits in base64url. The prefix lets secret scanners know
/// one; the id finds the row; and as nobody can guess 256 random bits, a plain SHA-256 keeps them.
/// </summary>
public static class ApiKeyText
{
    private const string Prefix = "bj_";
    private const int IdBytes = 6;
    private const int SecretBytes = 32;
    private const int IdLength = IdBytes * 2;

    /// <summary>Prefix, id, <c>_</c>, and 43 characters of secret.</summary>
    public const int Length = 3 + IdLength + 1 + 43;

    /// <summary>A new key. Its text is in no other place than the answer.</summary>
    /// <param name="lifetime">Null for a key that does not expire.</param>
    /// <exception cref="JobRefusedException">The name, the tenant, the scopes or the lifetime is not allowed.</exception>
    public static (string Text, ApiKey Key) Make(string name, ApiScopes scopes, string? tenant, TimeSpan? lifetime, TimeProvider clock)
    {
        Names.Check("name", name);
        if (tenant is not null)
        {
            Names.Check("tenant", tenant);
        }

        if (scopes == ApiScopes.None)
        {
            throw new JobRefusedException("scope", value: null, "at least one of enqueue, read, operate and admin");
        }

        if (lifetime is { } time && (time <= TimeSpan.Zero || time > Limits.MaxDelay))
        {
            throw new JobRefusedException("expires", time.ToString(), "a time of up to 10 years");
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var now = clock.GetUtcNow();
        var key = new ApiKey { Id = id, Name = name, Hash = Hash(secret), Scopes = scopes, Tenant = tenant, CreatedAt = now, ExpiresAt = now + lifetime };
        return ($"{Prefix}{id}_{secret}", key);
    }

    /// <summary>Takes a presented key apart; false when it is none.</summary>
    public static bool TryRead(string? text, out string id, out byte[] hash)
    {
        (id, hash) = ("", []);
        if (text is not { Length: Length } || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length + IdLength] != '_')
        {
            return false;
        }

        id = text.Substring(Prefix.Length, IdLength);
        hash = Hash(text[(Prefix.Length + IdLength + 1)..]);
        return id.All(char.IsAsciiHexDigitLower);
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
