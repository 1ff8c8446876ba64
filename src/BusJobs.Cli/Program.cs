using System.Data.Common;
using BusJobs;
using BusJobs.Cli;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

try
{
    return await CommandTree.RunAsync(args, Environment.GetEnvironmentVariable, Console.Out, Console.Error);
}
catch (CallException exception)
{
    return await TellAsync(exception.Message, exception.ExitCode);
}
catch (JobRefusedException exception)
{
    return await TellAsync(exception.Message, ExitCodes.Usage);
}
catch (DbException exception)
{
    // The message of a database names the server and the user, and no password.
    return await TellAsync($"The ledger could not answer: {exception.Message}", ExitCodes.Unreachable);
}
catch (OperationCanceledException)
{
    return await TellAsync("Interrupted.", ExitCodes.Interrupted);
}

static async Task<int> TellAsync(string sentence, int exitCode)
{
    await Console.Error.WriteLineAsync($"busjobs: {Plain.Line(sentence)}");
    return exitCode;
}
