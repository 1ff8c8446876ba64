using System.Text.RegularExpressions;

namespace Forge.Git;

/// <summary>Finds where branches are.</summary>
internal sealed partial class BranchReader(GitProgram git, RepositoryReader repositories)
{
    public const string Allowed = "a branch name of 1 to 200 letters, digits and ./_+-, with no part that begins or ends with a dot";

    /// <summary>Narrower than git's own rule, so that a name means the same everywhere and is never taken for an option or an expression.</summary>
    [GeneratedRegex(@"\A(?=.{1,200}\z)[\p{L}\p{N}_+][\p{L}\p{N}_+-]*(?:\.[\p{L}\p{N}_+-]+)*(?:/[\p{L}\p{N}_+-]+(?:\.[\p{L}\p{N}_+-]+)*)*\z", RegexOptions.None, matchTimeoutMilliseconds: 100)]
    private static partial Regex Rule { get; }

    public static bool IsName(string? name) =>
        name is not null && Rule.IsMatch(name) && !name.Split('/').Any(part => part.EndsWith(".lock", StringComparison.Ordinal));

    /// <returns>The commit id; null when there is no such branch.</returns>
    /// <exception cref="RepositoryNotFoundException">There is no repository (any more).</exception>
    /// <exception cref="GitFailedException">Git cannot run.</exception>
    public async Task<string?> HeadAsync(string path, string branch, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
        {
            throw new RepositoryNotFoundException($"There is no directory '{path}'.");
        }

        if (!IsName(branch))
        {
            return null;
        }

        var answer = await git.RunInAsync(path, ["rev-parse", "--verify", "--quiet", $"refs/heads/{branch}^{{commit}}"], folders: null, cancellationToken);
        if (answer.ExitCode == 0)
        {
            return answer.Line;
        }

        await repositories.EnsureAsync(path, cancellationToken);
        return null;
    }
}
