using System.CommandLine;
using BusJobs.Cli.Showing;
using BusJobs.Ledger;

namespace BusJobs.Cli.Calling;

/// <summary>Where commands get their server, their ledger and their screen from: options first, then the environment, then defaults.</summary>
internal sealed class Seat(Func<string, string?> environment, TimeProvider clock, TextWriter output, TextWriter error)
{
    private const string DefaultUrl = "http://127.0.0.1:5080";
    private const int MaxKeyBytes = 1_000;

    public static readonly Option<string?> Url = new("--url") { Description = $"The server. Default: BUSJOBS_URL, or {DefaultUrl}.", HelpName = "URL", Recursive = true };

    /// <summary>There is no option for the key itself: every user of a machine can read the words of its processes.</summary>
    public static readonly Option<string?> KeyFile = new("--key-file") { Description = "A file with the API key. Default: the key in BUSJOBS_KEY.", HelpName = "FILE", Recursive = true };

    public static readonly Option<bool> Json = new("--json") { Description = "Data for programs, as the API gives it; all else goes to standard error.", Recursive = true };

    public static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask. Needed where nobody can be asked.", Recursive = true };

    public static readonly Option<string?> Data = new("--data")
    {
        Description = "The folder of the SQLite file, without BUSJOBS_DATABASE. Default: busjobs in the user's data folder.", HelpName = "DIR", Recursive = true,
    };

    /// <summary>A variable of the environment; null when it is empty or not there.</summary>
    public string? Set(string name) => environment(name) is { Length: > 0 } value ? value : null;

    public TextWriter Output => output;
    public TimeProvider Clock => clock;

    /// <summary>A command that calls the server.</summary>
    public Command Calls(Command command, Func<Call, Task<int>> work)
    {
        command.SetAction(async (words, token) =>
        {
            using var api = new ApiClient(words.GetValue(Url) ?? Set("BUSJOBS_URL") ?? DefaultUrl, await KeyAsync(words, token));
            try
            {
                return await work(new Call(api, Screen(words), words, clock, token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or CallException && token.IsCancellationRequested)
            {
                // After Ctrl-C an exception would be swallowed by whoever waits for this task.
                Screen(words).Note($"busjobs: {(exception is CallException told ? told.Message : "Interrupted.")}");
                return ExitCodes.Interrupted;
            }
        });
        return command;
    }

    public Screen Screen(ParseResult words) => new(output, error, words.GetValue(Json));

    /// <summary>Whether a ledger is named, or lies in the data folder.</summary>
    public bool HasLedger(ParseResult words) =>
        Set("BUSJOBS_DATABASE") is not null || File.Exists(Path.Combine(words.GetValue(Data) ?? LedgerOptions.DefaultFolder ?? "", LedgerOptions.FileName));

    /// <exception cref="JobRefusedException">There is no ledger to be had there.</exception>
    public ILedger Ledger(ParseResult words) => LedgerRegistration.Open(
        new LedgerOptions { Database = environment("BUSJOBS_DATABASE"), DataFolder = words.GetValue(Data) ?? LedgerOptions.DefaultFolder }, clock);

    private async Task<string?> KeyAsync(ParseResult words, CancellationToken cancellationToken) => words.GetValue(KeyFile) is { } path
        ? (await Given.ReadFileAsync("--key-file", path, MaxKeyBytes, cancellationToken)).Trim()
        : Set("BUSJOBS_KEY")?.Trim();

}
