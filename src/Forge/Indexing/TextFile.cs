using System.Text;

namespace Forge.Indexing;

/// <summary>Tells text from what is not searched.</summary>
internal static class TextFile
{
    /// <summary>As far as git itself looks for a NUL.</summary>
    private const int LookedAt = 8_000;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>The text without its byte order mark, or why it is none.</returns>
    public static (string? Text, SkipReason? Skipped) Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes[..Math.Min(bytes.Length, LookedAt)].Contains((byte)0))
        {
            return (null, SkipReason.Binary);
        }

        bytes = bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes;
        try
        {
            // PostgreSQL keeps no NUL; its picture stands in for the ones that come late.
            return (Strict.GetString(bytes).Replace('\0', '\u2400'), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, SkipReason.NotUtf8);
        }
    }

    public static int CountLines(string text) => text.Length == 0 ? 0 : text.AsSpan().Count('\n') + (text[^1] == '\n' ? 0 : 1);
}
