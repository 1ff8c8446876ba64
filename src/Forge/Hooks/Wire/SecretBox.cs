using System.Security.Cryptography;
using System.Text;

namespace Forge.Hooks.Wire;

/// <summary>Keeps secrets unreadable at rest (AES-256-GCM). A sealed text opens only for the endpoint that it was sealed for.</summary>
internal sealed class SecretBox(byte[] key)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public string Seal(string secret, Guid endpoint)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        var sealedBytes = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), endpoint.ToByteArray());
        return Convert.ToBase64String(sealedBytes);
    }

    /// <exception cref="CryptographicException">It was sealed with another key, for another endpoint, or changed.</exception>
    public string Open(string text, Guid endpoint)
    {
        var sealedBytes = Convert.FromBase64String(text);
        var plain = new byte[sealedBytes.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(sealedBytes.AsSpan(0, NonceBytes), sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), plain, endpoint.ToByteArray());
        return Encoding.UTF8.GetString(plain);
    }
}
