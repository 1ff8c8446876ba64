namespace Forge.Git;

/// <summary>Finds where branches are.</summary>
internal sealed class BranchReader(GitProgram git, RepositoryReader repositories)
{
    public const string Allowed = "a branch name of 1 to 200 letters, digits and ./_+-, with no part that begins or ends with a dot";

    private const string Heads = "refs/heads/";

    /// <summary>Narrower than git's own rule, so that a name means the same everywhere and is never taken for an option or an expression.</summary>
    public static bool IsName(string? name) => name is { Length: > 0 and <= 200 } && name[0] != '-' && name.Split('/').All(IsPart);

    /// <summary>The branch that HEAD names, whether it has commits or not.</summary>
    /// <returns>Null when HEAD is a commit, or the branch has a name that is not taken here.</returns>
    public async Task<string?> DefaultAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await git.RunInAsync(path, ["symbolic-ref", "--quiet", "HEAD"], folders: null, cancellationToken);
        var name = answer.ExitCode == 0 && answer.Line.StartsWith(Heads, StringComparison.Ordinal) ? answer.Line[Heads.Length..] : null;
        return IsName(name) ? name : null;
    }

    /// <summary>A branch's full name, which is never taken for a tag, an option or an expression.</summary>
    internal static string Reference(string branch) => Heads + branch;

    private static bool IsPart(string part) => part.Length > 0 && part[0] != '.' && part[^1] != '.'
        && !part.Contains("..", StringComparison.Ordinal) && !part.EndsWith(".lock", StringComparison.Ordinal)
        && part.All(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '+' or '-');

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

        var answer = await git.RunInAsync(path, ["rev-parse", "--verify", "--quiet", Reference(branch) + "^{commit}"], folders: null, cancellationToken);
        if (answer.ExitCode == 0)
        {
            return answer.Line;
        }

        await repositories.EnsureAsync(path, cancellationToken);
        return null;
    }
}
