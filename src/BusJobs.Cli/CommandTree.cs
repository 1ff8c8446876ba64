using System.CommandLine;
using System.CommandLine.Help;
using BusJobs.Ledger;

namespace BusJobs.Cli;

/// <summary>The commands, and where they find the ledger: as the server does, by <c>BUSJOBS_DATABASE</c> or in a data folder.</summary>
internal static class CommandTree
{
    /// <returns>The exit code: 0 when all went well, 2 when the words are wrong.</returns>
    /// <exception cref="JobRefusedException">A value is not allowed, or there is no ledger to be had.</exception>
    public static async Task<int> RunAsync(string[] words, Func<string, string?> environment, TextWriter output, TextWriter error)
    {
        var parsed = Build(environment, output).Parse(words);
        var code = await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, Output = output, Error = error });
        return parsed.Errors.Count > 0 ? 2 : code;
    }

    private static Command Build(Func<string, string?> environment, TextWriter output)
    {
        var data = new Option<string?>("--data")
        {
            Description = "The folder of the SQLite file, without BUSJOBS_DATABASE. Default: busjobs in the user's data folder.", HelpName = "DIR", Recursive = true,
        };
        // A root command would be called by the name of its file.
        return new Command("busjobs", "Works on the ledger that BUSJOBS_DATABASE (Npgsql) names, or else on the SQLite file of the data folder.")
        {
            data,
            new HelpOption { Recursive = true },
            new VersionOption(),
            KeyCommands.Build(result => Open(environment("BUSJOBS_DATABASE"), result.GetValue(data)), TimeProvider.System, output),
        };
    }

    /// <exception cref="JobRefusedException">There is no ledger to be had there.</exception>
    private static ILedger Open(string? database, string? folder) => LedgerRegistration.Open(
        new LedgerOptions { Database = database, DataFolder = folder ?? LedgerOptions.DefaultFolder }, TimeProvider.System);
}
