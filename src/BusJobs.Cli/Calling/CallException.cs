namespace BusJobs.Cli.Calling;

/// <summary>A command that could not do what was asked, in one sentence, with the exit code that tells programs why.</summary>
internal sealed class CallException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;
}
