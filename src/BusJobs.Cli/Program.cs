using System.Data.Common;
using BusJobs;
using BusJobs.Cli;

try
{
    return await CommandTree.RunAsync(args, Environment.GetEnvironmentVariable, Console.Out, Console.Error);
}
catch (JobRefusedException exception)
{
    await Console.Error.WriteLineAsync($"busjobs: {exception.Message}");
    return 2;
}
catch (DbException exception)
{
    // The message of a database names the server and the user, and no password.
    await Console.Error.WriteLineAsync($"busjobs: the ledger could not answer: {exception.Message}");
    return 1;
}
