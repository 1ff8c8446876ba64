using System.Diagnostics;
using System.Text;

namespace Forge.Git;

/// <param name="ExitCode">0 for success.</param>
/// <param name="Error">The beginning of what git wrote to standard error.</param>
internal sealed record GitAnswer(int ExitCode, MemoryStream Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output.GetBuffer(), 0, (int)Output.Length);

    public string Line => Text.TrimEnd('\n');

    public GitFailedException Failed(string command, string gitDirectory) =>
        new($"git {command} of '{gitDirectory}' failed with exit code {ExitCode}: {Error}");
}

/// <summary>New objects go to one folder, and those of a repository are read from another.</summary>
internal sealed record ObjectFolders(string Written, string Read)
{
    public void ApplyTo(ProcessStartInfo start)
    {
        start.Environment["GIT_OBJECT_DIRECTORY"] = Written;
        start.Environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = Read;
    }
}
