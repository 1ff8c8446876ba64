using System.CommandLine;
using BusJobs.Ledger;

namespace BusJobs.Cli;

/// <summary>The commands, and where they find the ledger: as the server does, by <c>BUSJOBS_DATABASE</c> or in a data folder.</summary>
internal static class CommandTree
{
    public static RootCommand Build(Func<string, string?> environment, TextWriter output)
    {
        var data = new Option<string?>("--data")
        {
            Description = "The folder of the SQLite file, without BUSJOBS_DATABASE. Default: busjobs in the user's data folder.", HelpName = "DIR", Recursive = true,
        };
        return new RootCommand("BusJobs: works on the ledger that BUSJOBS_DATABASE (Npgsql) names, or else on the SQLite file of the data folder.")
        {
            data,
            KeyCommands.Build(result => Open(environment("BUSJOBS_DATABASE"), result.GetValue(data)), TimeProvider.System, output),
        };
    }

    /// <exception cref="JobRefusedException">There is no ledger to be had there.</exception>
    private static ILedger Open(string? database, string? folder) => LedgerRegistration.Open(
        new LedgerOptions { Database = database, DataFolder = folder ?? LedgerOptions.DefaultFolder }, TimeProvider.System);
}
