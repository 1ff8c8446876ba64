using System.Globalization;
using Forge.Git;

namespace Forge.Mergeability;

/// <summary>Tries merges with git itself, without a work tree and without leaving anything in the repository.</summary>
internal sealed class MergeTree(GitProgram git)
{
    /// <exception cref="GitFailedException">Git failed for a reason that may pass.</exception>
    public async Task<MergeVerdict> TryAsync(string path, string source, string target, CancellationToken cancellationToken)
    {
        var mergeBase = await BaseAsync(path, source, target, cancellationToken);
        var counts = await git.DoneInAsync(path, ["rev-list", "--left-right", "--count", $"{target}...{source}"], cancellationToken);
        var (behind, ahead) = Pair(counts.Line);
        var verdict = new MergeVerdict(MergeState.Clean, source, target, mergeBase, ahead, behind, Conflicts: []);
        return (mergeBase, ahead, behind) switch
        {
            (null, _, _) => verdict with { State = MergeState.Unrelated },
            (_, 0, _) => verdict with { State = MergeState.UpToDate },
            (_, _, 0) => verdict,
            _ => await ConflictsAsync(path, source, target, cancellationToken) is { Count: > 0 } conflicts
                ? verdict with { State = MergeState.Conflicting, Conflicts = conflicts }
                : verdict,
        };
    }

    private async Task<string?> BaseAsync(string path, string source, string target, CancellationToken cancellationToken)
    {
        var answer = await git.RunInAsync(path, ["merge-base", target, source], folders: null, cancellationToken);
        return answer.ExitCode switch
        {
            0 => answer.Line,
            1 => null,
            _ => throw answer.Failed("merge-base", path),
        };
    }

    private async Task<IReadOnlyList<string>> ConflictsAsync(string path, string source, string target, CancellationToken cancellationToken)
    {
        var objects = (await git.DoneInAsync(path, ["rev-parse", "--git-path", "objects"], cancellationToken)).Line;
        var scratch = Directory.CreateTempSubdirectory("forge-merge-");
        try
        {
            // The trees of a trial merge are of no use to the repository, and it may not be writable.
            var answer = await git.RunInAsync(
                path, ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", target, source],
                new ObjectFolders(scratch.FullName, Path.GetFullPath(objects, path)), cancellationToken);
            return answer.ExitCode switch
            {
                // A tree that it cannot read is an empty one to git, and its verdict, which it gives all the same, a wrong one.
                _ when answer.Error.Contains("error: ", StringComparison.Ordinal) => throw answer.Failed("merge-tree", path),
                0 => [],
                // The tree's id comes first, then each path that has a conflict.
                1 => [.. answer.Text.Split('\0', StringSplitOptions.RemoveEmptyEntries).Skip(1).Distinct().Order(StringComparer.Ordinal)],
                _ => throw answer.Failed("merge-tree", path),
            };
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static (int Left, int Right) Pair(string line) =>
        line.Split('\t') is [var left, var right]
            ? (int.Parse(left, CultureInfo.InvariantCulture), int.Parse(right, CultureInfo.InvariantCulture))
            : throw new GitFailedException($"git rev-list answered '{line}' where two numbers were expected.");
}
