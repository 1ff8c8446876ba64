using System.Text;

namespace BusJobs.Cli.Calling;

/// <summary>Reads what a caller gives by file or standard input, and never more than is allowed, so that an endless file ends.</summary>
internal static class Given
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="what">What it is, for messages.</param>
    /// <param name="text">The value itself, <c>@file</c>, or <c>-</c> for standard input.</param>
    /// <exception cref="JobRefusedException">It cannot be read, is too long, or is no UTF-8.</exception>
    public static Task<string> ReadAsync(string what, string text, int maxBytes, CancellationToken cancellationToken) => text switch
    {
        "-" => ReadStreamAsync(what, "-", Console.OpenStandardInput, maxBytes, cancellationToken),
        ['@', .. var path] => ReadFileAsync(what, path, maxBytes, cancellationToken),
        _ => Task.FromResult(text),
    };

    /// <exception cref="JobRefusedException">It cannot be read, is too long, or is no UTF-8.</exception>
    public static Task<string> ReadFileAsync(string what, string path, int maxBytes, CancellationToken cancellationToken) => Directory.Exists(path)
        ? throw new JobRefusedException(what, path, "a file, and this is a folder")
        : ReadStreamAsync(what, path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1), maxBytes, cancellationToken);

    private static async Task<string> ReadStreamAsync(string what, string path, Func<Stream> open, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = open();
            var bytes = new byte[maxBytes + 1];
            var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            // A byte order mark is no part of the text.
            return count > maxBytes
                ? throw new JobRefusedException(what, path, $"at most {maxBytes:N0} bytes")
                : Strict.GetString(bytes, 0, count).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new JobRefusedException(what, path, "text in UTF-8");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException and not JobRefusedException or NotSupportedException)
        {
            throw new JobRefusedException(what, path, $"something that can be read ({exception.Message.TrimEnd('.')})");
        }
    }
}
