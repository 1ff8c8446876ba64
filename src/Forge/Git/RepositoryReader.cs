namespace Forge.Git;

/// <summary>A repository as it was found.</summary>
/// <param name="Name">Of its directory, for people.</param>
/// <param name="GitDirectory">Absolute; what every later run of git is told.</param>
/// <param name="Head">The commit that was asked for, by default that of HEAD; null when there is none yet.</param>
public sealed record RepositoryHead(string Name, string GitDirectory, string? Head);

/// <summary>Finds repositories, bare or not, and lists what their head commit holds.</summary>
public sealed class RepositoryReader
{
    private readonly GitProgram git;

    internal RepositoryReader(GitProgram git) => this.git = git;

    /// <param name="path">The repository, or any directory inside its work tree.</param>
    /// <exception cref="RepositoryNotFoundException">One sentence on why there is none.</exception>
    /// <exception cref="GitFailedException">Git cannot run.</exception>
    public Task<RepositoryHead> OpenAsync(string path, CancellationToken cancellationToken) => OpenAsync(path, branch: null, cancellationToken);

    /// <inheritdoc cref="OpenAsync(string, CancellationToken)"/>
    /// <param name="path">The repository, or any directory inside its work tree.</param>
    /// <param name="branch">Whose head it is; null for HEAD. One that is not there has no commits.</param>
    public async Task<RepositoryHead> OpenAsync(string path, string? branch, CancellationToken cancellationToken)
    {
        var directory = Existing(path);
        var found = await git.RunAsync(directory, ["rev-parse", "--absolute-git-dir"], cancellationToken);
        if (found.ExitCode != 0)
        {
            throw new RepositoryNotFoundException($"'{path}' is not a git repository.");
        }

        var revision = branch is null ? "HEAD" : BranchReader.Reference(branch);
        var head = await git.RunAsync(found.Line, [Dir(found.Line), "rev-parse", "--verify", "--quiet", revision + "^{commit}"], cancellationToken);
        return new RepositoryHead(NameOf(found.Line), found.Line, head.ExitCode == 0 ? head.Line : null);
    }

    /// <exception cref="GitFailedException">The commit cannot be read.</exception>
    public async Task<IReadOnlyList<TreeEntry>> ListAsync(RepositoryHead repository, CancellationToken cancellationToken)
    {
        if (repository.Head is null)
        {
            return [];
        }

        var answer = await git.RunAsync(
            repository.GitDirectory,
            [Dir(repository.GitDirectory), "ls-tree", "-r", "-z", "--long", "--full-tree", repository.Head, "--"],
            cancellationToken);
        return answer.ExitCode == 0
            ? TreeEntry.ParseListing(answer.Output.GetBuffer().AsSpan(0, (int)answer.Output.Length))
            : throw new GitFailedException($"git ls-tree of '{repository.GitDirectory}' failed: {answer.Error}");
    }

    /// <exception cref="RepositoryNotFoundException">The directory is gone, or is no repository any more.</exception>
    /// <exception cref="GitFailedException">Git cannot run.</exception>
    public async Task EnsureAsync(string gitDirectory, CancellationToken cancellationToken)
    {
        var answer = await git.RunAsync(Existing(gitDirectory), [Dir(gitDirectory), "rev-parse", "--git-dir"], cancellationToken);
        if (answer.ExitCode != 0)
        {
            throw new RepositoryNotFoundException($"'{gitDirectory}' is no git repository any more.");
        }
    }

    /// <summary>With its directory named, git looks for the repository nowhere else, and not further up either.</summary>
    internal static string Dir(string gitDirectory) => "--git-dir=" + gitDirectory;

    private static string Existing(string path) =>
        Directory.Exists(path) ? Path.GetFullPath(path) : throw new RepositoryNotFoundException($"There is no directory '{path}'.");

    private static string NameOf(string gitDirectory)
    {
        var path = gitDirectory.EndsWith("/.git", StringComparison.Ordinal) ? Path.GetDirectoryName(gitDirectory)! : gitDirectory;
        var name = Path.GetFileName(path);
        name = name.EndsWith(".git", StringComparison.Ordinal) && name.Length > 4 ? name[..^4] : name;
        return name.Length switch { 0 => "repository", > 100 => name[..100], _ => name };
    }
}
