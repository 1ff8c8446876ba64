using System.Diagnostics;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>How one command ended, as its caller saw it.</summary>
internal sealed record CliEnd(int Code, string Output, string Error)
{
    public override string ToString() => $"exit code {Code}\n--- output\n{Output}\n--- error\n{Error}";
}

/// <summary>The real program, run once.</summary>
internal static class CliProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task<CliEnd> RunAsync(IReadOnlyDictionary<string, string?> environment, params string[] words) => RunAsync(environment, input: "", words);

    /// <param name="input">What standard input holds; null when it is closed from the start.</param>
    public static async Task<CliEnd> RunAsync(IReadOnlyDictionary<string, string?> environment, string? input, string[] words)
    {
        using var process = Start(environment, words);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        return new CliEnd(process.ExitCode, await output, await error);
    }

    public static Process Start(IReadOnlyDictionary<string, string?> environment, params string[] words)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet")
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // The build puts it beside the tests, in whichever configuration they are.
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "BusJobs.Cli.dll"));
        foreach (var word in words)
        {
            start.ArgumentList.Add(word);
        }

        // What the machine has set is not what a test means.
        foreach (var name in new[] { "BUSJOBS_URL", "BUSJOBS_KEY", "BUSJOBS_DATABASE", "BUSJOBS_RABBITMQ", "BUSJOBS_RABBITMQ_API", "BUSJOBS_PREFIX" })
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException("BusJobs.Cli did not start");
    }
}
