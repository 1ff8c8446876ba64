using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>A server that a test started. It is killed by its own handle at the latest when it is disposed of.</summary>
internal sealed class FaultProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();

    private FaultProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public static FaultProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment) =>
        Start("FaultServer.dll", arguments, environment);

    /// <param name="program">A program that lies beside the tests.</param>
    public static FaultProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The build puts it beside the tests, in whichever configuration they are.
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new FaultProcess(Process.Start(start) ?? throw new InvalidOperationException("FaultServer did not start"));
    }

    /// <summary>The first line with these words, as soon as it is said: two lines may come in any order.</summary>
    public async Task<string> LineAsync(string words)
    {
        try
        {
            await Eventually.HoldsAsync(() => Says(words), TimeSpan.FromSeconds(90));
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"Nobody said '{words}' within 90 s. {this}", exception);
        }

        return output.First(line => line.Contains(words, StringComparison.Ordinal));
    }

    /// <summary>Where a server of ours says that it listens.</summary>
    public async Task<Uri> AddressAsync() => new((await LineAsync("  http    ")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    public bool Says(string words) => output.Any(line => line.Contains(words, StringComparison.Ordinal));

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    public Task KillAsync()
    {
        process.Kill();
        return ExitAsync();
    }

    public void Freeze() => Send(SigStop);

    public void Thaw() => Send(SigCont);

    /// <summary>Asks it to end, as a service manager does.</summary>
    public void Terminate() => Send(SigTerm);

    public Task ExitAsync() => process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

    public override string ToString() => $"process {Id}:\n  {string.Join("\n  ", output.TakeLast(40))}";

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is { Length: > 0 })
        {
            output.Enqueue(line);
        }
    }

    private void Send(int signal)
    {
        // The handle is asked first, so that the number of a process that has gone is never used.
        if (process.HasExited || Signal(process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} could not be sent to {this}");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);
}
