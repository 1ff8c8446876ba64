using System.ComponentModel;
using System.Diagnostics;

namespace Forge.Git;

/// <summary>Starts git without a shell, deaf to the environment and to the configuration of the account it runs under.</summary>
internal sealed class GitProgram(ForgeOptions options, TimeProvider clock)
{
    /// <param name="directory">Where git starts: an absolute path of an existing directory.</param>
    /// <param name="arguments">Never a name from a repository: such names go through standard input, if at all.</param>
    /// <exception cref="GitFailedException">Git cannot be started.</exception>
    public GitRun Start(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Start(directory, arguments, folders: null, cancellationToken);

    private GitRun Start(string directory, IReadOnlyList<string> arguments, ObjectFolders? folders, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(options.GitProgram)
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Isolate(start);
        folders?.ApplyTo(start);
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("safe.directory=*");
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var what = "git " + arguments.First(argument => !argument.StartsWith('-'));
        try
        {
            return new GitRun(Process.Start(start)!, what, options.GitTimeout, clock, cancellationToken);
        }
        catch (Win32Exception exception)
        {
            throw new GitFailedException($"'{options.GitProgram}' cannot be started in '{directory}': {exception.Message}", exception);
        }
    }

    public Task<GitAnswer> RunAsync(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RunAsync(directory, arguments, folders: null, cancellationToken);

    /// <summary>Runs git in a repository, which it looks for nowhere else.</summary>
    /// <param name="folders">Where new objects go. Null: into the repository.</param>
    public Task<GitAnswer> RunInAsync(string gitDirectory, IReadOnlyList<string> arguments, ObjectFolders? folders, CancellationToken cancellationToken) =>
        RunAsync(gitDirectory, [RepositoryReader.Dir(gitDirectory), .. arguments], folders, cancellationToken);

    /// <summary>As <see cref="RunInAsync"/>, for what must succeed.</summary>
    /// <exception cref="GitFailedException">It did not.</exception>
    public async Task<GitAnswer> DoneInAsync(string gitDirectory, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var answer = await RunInAsync(gitDirectory, arguments, folders: null, cancellationToken);
        return answer.ExitCode == 0 ? answer : throw answer.Failed(arguments[0], gitDirectory);
    }

    private async Task<GitAnswer> RunAsync(string directory, IReadOnlyList<string> arguments, ObjectFolders? folders, CancellationToken cancellationToken)
    {
        await using var run = Start(directory, arguments, folders, cancellationToken);
        run.Input.Close();
        var output = new MemoryStream();
        await run.GuardAsync(token => run.Output.CopyToAsync(output, token));
        return await run.EndAsync(output);
    }

    private static void Isolate(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GIT_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_OPTIONAL_LOCKS"] = "0";

        // A partial clone would fetch what it lacks, through programs that the repository's own configuration names.
        start.Environment["GIT_NO_LAZY_FETCH"] = "1";
        start.Environment["GIT_ALLOW_PROTOCOL"] = "none";

        // A blob's id must mean its own content, and messages must be in the language that is looked for in them.
        start.Environment["GIT_NO_REPLACE_OBJECTS"] = "1";
        start.Environment["LC_ALL"] = "C";
    }
}
