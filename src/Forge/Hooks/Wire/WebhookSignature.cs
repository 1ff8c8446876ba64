using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Forge.Hooks.Wire;

/// <summary>Signs deliveries as Standard Webhooks 1.0.0 says, and checks them as a receiver should.</summary>
public static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>How far the receiver's clock may be from the sender's, and for how long a delivery that was overheard can be replayed.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>One signature for each key, so that a receiver may hold the old one or the new one while keys are changed.</summary>
    /// <param name="id">Stable over all tries; without a dot, which ends it in what is signed.</param>
    /// <param name="timestamp">Of this try.</param>
    /// <param name="body">The exact bytes that are sent.</param>
    /// <exception cref="ArgumentException">The id holds a dot, or there is no key.</exception>
    public static string Sign(string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body, IReadOnlyList<byte[]> keys)
    {
        if (id.Length == 0 || id.Contains('.', StringComparison.Ordinal) || keys.Count == 0)
        {
            throw new ArgumentException($"The id '{id}' must not be empty or hold a dot, and there must be a key.", nameof(id));
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp.ToUnixTimeSeconds()}."), .. body];
        return string.Join(' ', keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed))));
    }

    /// <param name="id">What the header <c>webhook-id</c> says, and so on.</param>
    /// <param name="now">The receiver's clock.</param>
    /// <returns>Whether it comes from who has the secret, and is no older (or newer) than <see cref="Tolerance"/>.</returns>
    public static bool Verify(string secret, string? id, string? timestamp, string? signatures, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (!WebhookSecret.TryRead(secret, out var key) || string.IsNullOrEmpty(id) || id.Contains('.', StringComparison.Ordinal) || signatures is null
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds)
        {
            return false;
        }

        var expected = Encoding.UTF8.GetBytes(Sign(id, DateTimeOffset.FromUnixTimeSeconds(seconds), body, [key]));
        var isGood = false;
        foreach (var signature in signatures.Split(' '))
        {
            isGood |= CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(signature));
        }

        return isGood;
    }
}
