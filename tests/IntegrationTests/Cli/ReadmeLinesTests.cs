using System.Diagnostics;
using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Forge;
using BusJobs.IntegrationTests.Topology;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>What README tells people to type, typed.</summary>
public sealed partial class ReadmeLinesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("busjobs-readme-");

    private static string Checkout { get; } = Path.GetDirectoryName(DeployFiles.Path("")[..^1])!;

    [GeneratedRegex("^dotnet pack .*(?= +#)", RegexOptions.Multiline, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Install { get; }

    [GeneratedRegex("^- Completion in bash: `(?<line>.+)`$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Completion { get; }

    [Fact]
    public async Task The_tool_is_packed_and_installed_and_completes_its_words_in_bash()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Checkout, "README.md"));
        var git = await GitFolder.InitAsync(Path.Combine(folder.FullName, "checkout"), "--initial-branch=main");
        await git.GitAsync("fetch", "--quiet", "--update-shallow", Checkout, "HEAD:refs/heads/fetched");
        await git.GitAsync("reset", "--quiet", "--hard", "fetched");
        await BashAsync(git.Path, Install.Match(readme).Value);
        Assert.Equal("jobs", await BashAsync(git.Path, $"{Completion.Match(readme).Groups["line"].Value}; COMP_LINE='busjobs jo' COMP_POINT=10 _busjobs busjobs jo; echo \"${{COMPREPLY[@]}}\""));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private async Task<string> BashAsync(string at, string line)
    {
        Assert.NotEmpty(line);
        var start = new ProcessStartInfo("bash", ["-c", line]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = at };
        // What is installed for a user goes here, and no process of the build outlives it.
        start.Environment["DOTNET_CLI_HOME"] = folder.FullName;
        start.Environment["PATH"] = $"{Path.Combine(folder.FullName, ".dotnet", "tools")}:{Environment.GetEnvironmentVariable("PATH")}";
        (start.Environment["MSBUILDDISABLENODEREUSE"], start.Environment["UseSharedCompilation"], start.Environment["RunAnalyzers"]) = ("1", "false", "false");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(process.ExitCode == 0, $"{line}\n{await output}\n{await error}");
        return (await output).Trim();
    }
}
