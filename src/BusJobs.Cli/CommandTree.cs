using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Jobs;
using BusJobs.Cli.Ledgers;
using BusJobs.Cli.Operate;
using BusJobs.Cli.Showing;
using BusJobs.Cli.Time;

namespace BusJobs.Cli;

/// <summary>The commands. Most call the HTTP API of a server; <c>keys</c>, <c>migrate</c>, <c>doctor</c> and <c>check</c> go to the ledger itself, where the server finds it too.</summary>
internal static class CommandTree
{
    private const string About =
        """
        Works with a BusJobs server (BUSJOBS_URL, with the API key in BUSJOBS_KEY), and with its ledger (BUSJOBS_DATABASE, or else the SQLite file of the data folder).
        Exit codes: 0 done; 1 failed, or something was found; 2 wrong words or values; 3 server or ledger cannot be reached, or refused the key; 130 after Ctrl-C.
        """;

    /// <summary>A word that begins with @ names the file of a payload, and not one with more words.</summary>
    public static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    /// <returns>The exit code.</returns>
    /// <exception cref="JobRefusedException">A value is not allowed, or there is no ledger to be had.</exception>
    /// <exception cref="CallException">The server could not do it.</exception>
    public static async Task<int> RunAsync(string[] words, Func<string, string?> environment, TextWriter output, TextWriter error)
    {
        var command = Build(new Seat(environment, TimeProvider.System, output, error));
        if (Completion.IsAskedFor(words))
        {
            return await Completion.AnswerAsync(command, words, output);
        }

        var parsed = command.Parse(words, Parsing);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync($"busjobs: {Fault(parsed)} Try: {Path(parsed.CommandResult.Command)} --help");
            return ExitCodes.Usage;
        }

        var interrupted = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, Output = output, Error = error, ProcessTerminationTimeout = null }, interrupted.Token);

        // The first asks the command to end, which then says how far it came; the second ends the process. The command ends on a thread of its own:
        // it takes this handler away, and must not do so from within.
        void End(PosixSignalContext signal)
        {
            signal.Cancel = !interrupted.IsCancellationRequested;
            _ = interrupted.CancelAsync();
        }
    }

    private static Command Build(Seat seat)
    {
        // A root command would be called by the name of its file.
        var command = new Command("busjobs", About)
        {
            Seat.Url, Seat.KeyFile, Seat.Json, Seat.Yes, Seat.Data, new HelpOption { Recursive = true }, new VersionOption(),
            EnqueueCommand.Build(seat), JobCommands.Build(seat), DeadCommands.Build(seat),
        };
        foreach (var one in (Command[])
        [
            .. StandingCommands.Build(seat), .. ActCommands.Build(seat), LimitCommands.Build(seat), ScheduleCommands.Build(seat), ServiceCommands.Build(seat), TopCommand.Build(seat), DrainCommand.Build(seat), DoctorCommand.Build(seat), MigrateCommand.Build(seat), CheckCommand.Build(seat),
            KeyCommands.Build(seat.Ledger, seat.Clock, seat.Output),
        ])
        {
            command.Add(one);
        }

        return command;
    }

    /// <summary>One sentence: the help would push it off the screen, and go to where data goes.</summary>
    private static string Fault(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        return parsed.UnmatchedTokens is [var strange, ..] ? $"'{Plain.Line(strange, 60)}' is no command or option of {Path(command)}."
            : command.Subcommands.Count > 0 ? $"Say what: {string.Join(", ", command.Subcommands.Select(one => one.Name))}."
            : Plain.Line(parsed.Errors[0].Message.TrimEnd('.')) + ".";
    }

    private static string Path(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : command.Name;
}
