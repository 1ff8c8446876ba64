using System.Diagnostics;
using System.Text;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>The real program on a terminal, which <c>script</c> of util-linux makes; what is typed reaches it as keys do.</summary>
internal sealed class Terminal : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StringBuilder shown = new();
    private readonly Process process;
    private readonly Task reading;

    private Terminal(Process process)
    {
        this.process = process;
        reading = ReadAsync();
    }

    /// <summary>All that was written so far.</summary>
    public string Shown
    {
        get
        {
            lock (shown)
            {
                return shown.ToString();
            }
        }
    }

    public static Terminal Open(IReadOnlyDictionary<string, string?> environment, params string[] words)
    {
        var start = new ProcessStartInfo("script") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        // script asks a shell. One that stays beside the program, as dash does where SHELL is not set, would answer Ctrl-C itself, and with its own exit code.
        var line = "exec " + string.Join(' ', ((string[])[host, Path.Combine(AppContext.BaseDirectory, "BusJobs.Cli.dll"), .. words]).Select(word => $"'{word}'"));
        foreach (var argument in (string[])["--quiet", "--return", "--flush", "--command", line, "/dev/null"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["TERM"] = "xterm";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new Terminal(Process.Start(start) ?? throw new InvalidOperationException("script did not start"));
    }

    /// <summary>Types once the program has shown these words.</summary>
    public async Task TypeAsync(string after, string keys)
    {
        await Eventually.HoldsAsync(() => Shown.Contains(after, StringComparison.Ordinal), Patience);
        await process.StandardInput.WriteAsync(keys);
        await process.StandardInput.FlushAsync();
    }

    public async Task EndsWithAsync(int exitCode)
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        await reading;
        Assert.True(process.ExitCode == exitCode, $"It ended with {process.ExitCode} in place of {exitCode}, and showed:\n{Shown}");
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[1_024];
        while (await process.StandardOutput.ReadAsync(buffer) is > 0 and var read)
        {
            lock (shown)
            {
                shown.Append(buffer, 0, read);
            }
        }
    }
}
