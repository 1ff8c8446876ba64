using System.Security.Cryptography;

namespace Forge.Hooks.Wire;

/// <summary>The key that a receiver shares with the forge, as Standard Webhooks writes it: <c>whsec_</c> and base64 of 24 to 64 bytes.</summary>
public static class WebhookSecret
{
    public const string Prefix = "whsec_";
    public const string Allowed = "'whsec_' and base64 of 24 to 64 random bytes";

    public static string New() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <returns>False when it is no secret, or one that is too easily guessed.</returns>
    public static bool TryRead(string? text, out byte[] key)
    {
        key = [];
        if (text is null || text.Length > 200 || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var count) || count is < 24 or > 64)
        {
            return false;
        }

        key = bytes[..count];
        return true;
    }
}
