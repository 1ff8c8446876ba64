using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Forge.Git;

/// <summary>One answer of <c>git cat-file --batch</c>.</summary>
/// <param name="Content">Null when the blob is missing, damaged or larger than was asked for.</param>
/// <param name="TooLarge">It is there, but was not read.</param>
internal sealed record BlobContent(byte[]? Content, bool TooLarge = false)
{
    public static readonly BlobContent Unreadable = new(Content: null);
    public static readonly BlobContent Huge = new(Content: null, TooLarge: true);
}

/// <summary>Reads many blobs through one git process.</summary>
internal sealed class BlobReader(GitProgram git)
{
    /// <summary>What git says of objects that no later run will be able to read.</summary>
    private static readonly string[] SignsOfDamage = ["corrupt", "inflate", "unable to unpack", "hash mismatch", "packed object", "bad object"];

    /// <returns>One answer for each id, in their order.</returns>
    /// <exception cref="RepositoryNotFoundException">There is no repository (any more).</exception>
    /// <exception cref="GitFailedException">Git failed for a reason that may pass.</exception>
    public async IAsyncEnumerable<BlobContent> ReadAsync(
        string gitDirectory, IReadOnlyList<string> ids, int maxBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answered = 0;
        while (answered < ids.Count)
        {
            if (!Directory.Exists(gitDirectory))
            {
                throw new RepositoryNotFoundException($"There is no directory '{gitDirectory}'.");
            }

            await using var run = git.Start(gitDirectory, [RepositoryReader.Dir(gitDirectory), "cat-file", "--batch"], cancellationToken);
            var asking = AskAsync(run, ids.Skip(answered));
            var answers = new BufferedStream(run.Output, 64 * 1024);
            while (answered < ids.Count && await NextAsync(run, answers, maxBytes) is { } blob)
            {
                answered++;
                yield return blob;
            }

            if (answered < ids.Count)
            {
                // Git died of the blob that came next: if that one is damaged for good, the rest can still be read.
                await ThrowUnlessDamagedAsync(run, gitDirectory);
                answered++;
                yield return BlobContent.Unreadable;
            }

            await asking;
        }
    }

    private static async Task AskAsync(GitRun run, IEnumerable<string> ids)
    {
        try
        {
            await run.Input.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(ids.Select(id => id + "\n"))));
            run.Input.Close();
        }
        catch (IOException)
        {
            // Git has ended; whoever reads its answers learns why.
        }
    }

    /// <returns>Null at the end of the output.</returns>
    private static async Task<BlobContent?> NextAsync(GitRun run, Stream answers, int maxBytes)
    {
        BlobContent? blob = null;
        await run.GuardAsync(async token =>
        {
            if (await HeaderAsync(answers, token) is not { } header)
            {
                return;
            }

            var fields = header.Split(' ');
            if (fields is not [_, var type, var length] || !long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            {
                blob = BlobContent.Unreadable;
                return;
            }

            blob = await BodyAsync(answers, size, maxBytes, token);
            blob = string.Equals(type, "blob", StringComparison.Ordinal) ? blob : BlobContent.Unreadable;
        });
        return blob;
    }

    private static async Task<string?> HeaderAsync(Stream answers, CancellationToken token)
    {
        var header = new StringBuilder();
        var one = new byte[1];
        while (await answers.ReadAsync(one, token) == 1)
        {
            if (one[0] == '\n')
            {
                return header.ToString();
            }

            header.Append((char)one[0]);
        }

        return null;
    }

    private static async Task<BlobContent?> BodyAsync(Stream answers, long size, int maxBytes, CancellationToken token)
    {
        var body = size <= maxBytes ? new byte[size] : null;
        var spare = body is null ? new byte[64 * 1024] : new byte[1];
        var left = size + 1;
        if (body is not null)
        {
            left -= await answers.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, token);
        }

        while (left > 0)
        {
            var read = await answers.ReadAsync(spare.AsMemory(0, (int)Math.Min(left, spare.Length)), token);
            if (read == 0)
            {
                return null;
            }

            left -= read;
        }

        return body is null ? BlobContent.Huge : new BlobContent(body);
    }

    private static async Task ThrowUnlessDamagedAsync(GitRun run, string gitDirectory)
    {
        var answer = await run.EndAsync();
        if (answer.Error.Contains("not a git repository", StringComparison.OrdinalIgnoreCase))
        {
            throw new RepositoryNotFoundException($"'{gitDirectory}' is no git repository any more.");
        }

        if (answer.ExitCode == 0 || !SignsOfDamage.Any(sign => answer.Error.Contains(sign, StringComparison.OrdinalIgnoreCase)))
        {
            throw new GitFailedException($"git cat-file of '{gitDirectory}' failed with exit code {answer.ExitCode}: {answer.Error}");
        }
    }
}
