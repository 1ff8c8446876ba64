using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace BusJobs.Server;

/// <summary>Reads the command line and the environment. Every fault is one sentence, and no value of a connection string is ever shown.</summary>
internal static class CommandLine
{
    public const string DefaultUrls = "http://127.0.0.1:5080";

    private static readonly Option<Role> RoleOption = new("--role")
    {
        Description = "Which part this process is: all, coordinator, worker, scheduler or api.",
        DefaultValueFactory = _ => Role.All,
        CustomParser = ParseRole,
        HelpName = "all|coordinator|worker|scheduler|api",
    };

    private static readonly Option<string?> Repository = new("--repo")
    {
        Description = "A git repository to index for code search. Default: the checkout this is started in, for the role all.", HelpName = "PATH",
    };

    private static readonly Option<string?> Urls = new("--urls")
    {
        Description = $"Where to listen. Default: {DefaultUrls} for the roles all and api, any free port of 127.0.0.1 for the others.", HelpName = "URLS",
    };

    private static readonly Option<string?> Data = new("--data")
    {
        Description = "The folder for SQLite files. Default: busjobs in the user's data folder.", HelpName = "DIR",
    };

    private static readonly Option<bool> Once = new("--once") { Description = "Exit when all jobs are done: 0, or 1 if one is dead." };

    private static readonly Option<double> Faults = new("--faults")
    {
        CustomParser = result => Allowed(result, double.TryParse(Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1, share, "a share from 0 to 1"),
        Description = "The share of first attempts that fail on purpose, 0 to 1, so that retries can be watched.", HelpName = "SHARE",
    };

    private static readonly Option<int> Slots = new("--slots")
    {
        Description = "How many jobs of each queue a worker runs at once, 1 to 1024. Default: twice the cores, at least 4.",
        DefaultValueFactory = _ => Math.Clamp(Environment.ProcessorCount * 2, 4, 1024),
        CustomParser = result => Allowed(result, int.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out var slots) && slots is >= 1 and <= 1024, slots, "a number from 1 to 1024"),
        HelpName = "N",
    };

    /// <returns>The options, or null when the command line was answered already (help, version).</returns>
    /// <exception cref="UsageException">One sentence on what is wrong.</exception>
    public static ServerOptions? Read(string[] args, Func<string, string?> environment)
    {
        var command = new RootCommand("BusJobs: background jobs on MassTransit. Connection strings come from BUSJOBS_DATABASE (Npgsql) and BUSJOBS_RABBITMQ "
            + "(amqp://user:password@host/vhost); without them, everything is embedded: SQLite and a bus in memory.")
        {
            RoleOption, Repository, Urls, Data, Once, Faults, Slots,
        };
        var result = command.Parse(args);
        if (result.Errors.Count > 0)
        {
            throw new UsageException(result.Errors[0].Message.TrimEnd('.') + ". Try --help.");
        }

        // Help and version are the only actions; with neither, there is something to run.
        if (result.Action is not null)
        {
            result.Invoke();
            return null;
        }

        return Check(Options(result, environment));
    }

    private static ServerOptions Options(ParseResult result, Func<string, string?> environment)
    {
        var role = result.GetValue(RoleOption);
        return new ServerOptions
        {
            Role = role,
            Repository = RepositoryPath.Resolve(result.GetValue(Repository), role),
            Urls = ListenAddress.Check(result.GetValue(Urls) ?? (role is Role.All or Role.Api ? DefaultUrls : "http://127.0.0.1:0")),
            DataFolder = DataFolder.Resolve(result.GetValue(Data)),
            Once = result.GetValue(Once),
            Faults = result.GetValue(Faults),
            Slots = result.GetValue(Slots),
            Database = Connections.Database(environment("BUSJOBS_DATABASE")),
            RabbitMq = Connections.RabbitMq(environment("BUSJOBS_RABBITMQ")),
            Prefix = environment("BUSJOBS_PREFIX") is { Length: > 0 } prefix ? Names.Check("BUSJOBS_PREFIX", prefix) : "busjobs",
        };
    }

    private static ServerOptions Check(ServerOptions options)
    {
        Require(options.Role != Role.Scheduler || options.Database is not null,
            "--role scheduler needs BUSJOBS_DATABASE: a SQLite file belongs to one process, whose role is all.");
        Require(options.Role is Role.All or Role.Api or Role.Scheduler || !options.IsEmbedded,
            $"--role {options.Role.ToString().ToLowerInvariant()} needs BUSJOBS_RABBITMQ: a bus in memory reaches no other process.");
        Require(!options.Once || options.NeedsLedger, "--once needs a role that sees the ledger: all, coordinator, scheduler or api.");
        return options;
    }

    private static Role ParseRole(ArgumentResult result)
    {
        var text = Text(result);
        var known = Enum.TryParse<Role>(text, ignoreCase: true, out var role) && char.IsLetter(text[0]);
        return Allowed(result, known, role, "all, coordinator, worker, scheduler or api");
    }

    private static T Allowed<T>(ArgumentResult result, bool isAllowed, T value, string allowed)
    {
        if (!isAllowed)
        {
            result.AddError($"{((OptionResult)result.Parent!).Option.Name} {Shown.Value(Text(result))} is refused: expected {allowed}");
        }

        return value;
    }

    private static string Text(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : "";

    private static void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new UsageException(sentence);
        }
    }
}
