using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Forge.Git;

/// <summary>One running git. It is killed when the caller cancels, when its time is up, and when it is disposed early.</summary>
internal sealed class GitRun : IAsyncDisposable
{
    private const int MaxErrorCharacters = 2_000;

    private readonly Process process;
    private readonly string what;
    private readonly TimeSpan timeout;
    private readonly CancellationToken callerToken;
    private readonly CancellationTokenSource timeLimit;
    private readonly CancellationTokenSource stop;
    private readonly CancellationTokenRegistration kill;
    private readonly Task<string> error;

    public GitRun(Process process, string what, TimeSpan timeout, TimeProvider clock, CancellationToken callerToken)
    {
        (this.process, this.what, this.timeout, this.callerToken) = (process, what, timeout, callerToken);
        timeLimit = new CancellationTokenSource(timeout, clock);
        stop = CancellationTokenSource.CreateLinkedTokenSource(timeLimit.Token, callerToken);
        error = ReadErrorAsync(process.StandardError);
        kill = stop.Token.Register(Kill);
    }

    public Stream Input => process.StandardInput.BaseStream;
    public Stream Output => process.StandardOutput.BaseStream;

    /// <summary>Does something with the streams, under the time limit.</summary>
    /// <exception cref="GitFailedException">The time is up, or a stream broke.</exception>
    public async Task GuardAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(stop.Token);

            // A killed git ends its output as a finished one does.
            stop.Token.ThrowIfCancellationRequested();
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException && !callerToken.IsCancellationRequested)
        {
            throw new GitFailedException(timeLimit.IsCancellationRequested ? $"{what} took longer than {timeout}." : $"{what} ended early: {await EndedAsync()}", exception);
        }
        catch (IOException)
        {
            callerToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    public async Task<GitAnswer> EndAsync(MemoryStream? output = null)
    {
        await GuardAsync(token => process.WaitForExitAsync(token));
        return new GitAnswer(process.ExitCode, output ?? new MemoryStream(), await error);
    }

    public async ValueTask DisposeAsync()
    {
        await kill.DisposeAsync();
        Kill();
        stop.Dispose();
        timeLimit.Dispose();
        await error;
        process.Dispose();
    }

    private async Task<string> EndedAsync()
    {
        Kill();
        return await error;
    }

    private void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended already, which is what was wanted.
        }
    }

    /// <summary>Reads to the end, so that git never blocks on a full pipe, and keeps the beginning.</summary>
    private static async Task<string> ReadErrorAsync(StreamReader reader)
    {
        var kept = new StringBuilder();
        var buffer = new char[1024];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
            kept.Append(buffer, 0, Math.Min(read, MaxErrorCharacters - kept.Length));
        }

        return kept.ToString().TrimEnd('\n');
    }
}
