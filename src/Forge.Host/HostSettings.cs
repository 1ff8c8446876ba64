namespace Forge.Host;

/// <summary>Which service of the forge this process is.</summary>
internal enum Role
{
    /// <summary>All of them, and the ledger and its coordinator as well.</summary>
    All,

    /// <summary>Takes pushes, pull requests, reviews and checks, and answers.</summary>
    Api,
    Indexer,
    Merger,
    Hooks,
    Backfill,
}

/// <summary>What the command line and the environment say, checked.</summary>
internal sealed record HostSettings
{
    public const string Usage = """
        usage: Forge.Host [--role all|api|indexer|merger|hooks|backfill] [--urls URLS] [--data DIR] [--repositories DIR] [--slots N]
        FORGE_DATABASE (Npgsql), BUSJOBS_RABBITMQ (amqp://...) and BUSJOBS_DATABASE (role all: the ledger) name the servers; without them everything
        is embedded. FORGE_TOKEN is what callers bring, FORGE_SECRET_KEY (base64 of 32 bytes) what secrets are sealed with. Forge__Hooks__... sets
        how webhooks are delivered. --urls is where it listens: by default http://127.0.0.1:5090 for the roles all and api, any free port of 127.0.0.1 for
        the others, which tell it when they start.
        """;

    public required Role Role { get; init; }
    public required string Urls { get; init; }
    public required string DataFolder { get; init; }
    public required string? Repositories { get; init; }
    public required int Slots { get; init; }
    public required string? Database { get; init; }
    public required string? LedgerDatabase { get; init; }
    public required Uri? RabbitMq { get; init; }
    public required string Prefix { get; init; }
    public required string? Token { get; init; }
    public required string? SecretKey { get; init; }

    public bool ServesApi => Role is Role.All or Role.Api;

    public bool Is(Role role) => Role == Role.All || Role == role;

    /// <exception cref="UsageException">One sentence on what is wrong. No value of a connection string or a secret is shown.</exception>
    public static HostSettings Read(string[] args, Func<string, string?> environment)
    {
        var options = Options(args);
        string? Env(string name) => environment(name) is { Length: > 0 } value ? value : null;
        var settings = new HostSettings
        {
            Role = Enum.TryParse<Role>(options["--role"], ignoreCase: true, out var role) && char.IsLetter(options["--role"][0])
                ? role : throw new UsageException("--role is refused: expected all, api, indexer, merger, hooks or backfill."),
            Urls = options["--urls"] is { Length: > 0 } urls ? urls : role is Role.All or Role.Api ? "http://127.0.0.1:5090" : "http://127.0.0.1:0",
            DataFolder = Path.GetFullPath(options["--data"]),
            Repositories = options["--repositories"] is { Length: > 0 } folder
                ? Directory.Exists(folder) ? Path.GetFullPath(folder) : throw new UsageException("--repositories is refused: there is no such folder.")
                : null,
            Slots = int.TryParse(options["--slots"], out var slots) && slots is >= 1 and <= 1024 ? slots : throw new UsageException("--slots is refused: expected a number from 1 to 1024."),
            Database = Env("FORGE_DATABASE"),
            LedgerDatabase = Env("BUSJOBS_DATABASE"),
            RabbitMq = Env("BUSJOBS_RABBITMQ") is not { } bus ? null
                : Uri.TryCreate(bus, UriKind.Absolute, out var uri) ? uri : throw new UsageException("BUSJOBS_RABBITMQ is refused: expected an address such as amqp://user:password@host:5672/vhost."),
            Prefix = Env("BUSJOBS_PREFIX") ?? "busjobs",
            Token = Env("FORGE_TOKEN"),
            SecretKey = Env("FORGE_SECRET_KEY"),
        };
        return settings.Role == Role.All || (settings.RabbitMq is not null && settings.Database is not null)
            ? settings
            : throw new UsageException($"--role {settings.Role.ToString().ToLowerInvariant()} needs FORGE_DATABASE and BUSJOBS_RABBITMQ: what is embedded reaches no other process.");
    }

    private static Dictionary<string, string> Options(string[] args)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["--role"] = "all", ["--urls"] = "", ["--repositories"] = "", ["--slots"] = "4",
            ["--data"] = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "forge"),
        };
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!options.ContainsKey(args[i]) || i + 1 == args.Length)
            {
                throw new UsageException(options.ContainsKey(args[i]) ? $"{args[i]} needs a value." : $"An option is not known.\n{Usage}");
            }

            options[args[i]] = args[i + 1];
        }

        return options;
    }
}

/// <summary>Something the person at the keyboard can mend: shown as one line, exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
