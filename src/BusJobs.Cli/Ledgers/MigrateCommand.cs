using System.CommandLine;
using BusJobs.Cli.Calling;
using BusJobs.Ledger.Checkup;

namespace BusJobs.Cli.Ledgers;

/// <summary><c>busjobs migrate</c>: brings the ledger to the version of this build.</summary>
internal static class MigrateCommand
{
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Tell what is pending only. The exit code is 1 when something is." };

    public static Command Build(Seat seat)
    {
        var command = new Command("migrate", "Bring the ledger to the version of this build. Servers do so when they start; this is for a role that they do not have.") { DryRun };
        command.SetAction((words, token) => RunAsync(seat, words, token));
        return command;
    }

    private static async Task<int> RunAsync(Seat seat, ParseResult words, CancellationToken cancellationToken)
    {
        await using var ledger = seat.Ledger(words);
        var screen = seat.Screen(words);
        var vitals = await ((ICheckup)ledger).VitalsAsync(now: null, cancellationToken);
        if (!words.GetValue(DryRun))
        {
            await ledger.MigrateAsync(cancellationToken);
        }

        if (screen.IsJson)
        {
            screen.Data(System.Text.Json.JsonSerializer.SerializeToElement(new { server = vitals.Server, migrations = vitals.Pending, dryRun = words.GetValue(DryRun) }));
        }
        else
        {
            screen.Line(vitals.Pending.Count == 0 ? "The ledger is up to date." : $"{(words.GetValue(DryRun) ? "Pending" : "Applied")}: {string.Join(", ", vitals.Pending)}");
        }

        return words.GetValue(DryRun) && vitals.Pending.Count > 0 ? ExitCodes.Failed : ExitCodes.Ok;
    }
}
