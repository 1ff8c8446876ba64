using BusJobs.Benchmarks.Measures;
using BusJobs.Benchmarks.Running;

namespace BusJobs.Benchmarks;

/// <summary>What the command line asks for.</summary>
/// <param name="Measure">The benchmark.</param>
/// <param name="Jobs">How many jobs it moves.</param>
/// <param name="History">Finished jobs in the ledger: growth, pages, and drain with cleanup.</param>
/// <param name="Waiting">Jobs that wait in the ledger: growth and pages.</param>
/// <param name="Rounds">How often each side is measured, in turns: growth only.</param>
internal sealed record Arguments(Func<Arguments, CancellationToken, Task<Report>> Measure, int Jobs, int History, int Waiting, int Rounds)
{
    /// <summary>Rules under which the drain is measured as well: drain only.</summary>
    public IReadOnlyList<Rule> With { get; init; } = [];

    public const string Help =
        """
        usage: dotnet run -c Release --project tests/BusJobs.Benchmarks -- BENCHMARK [--jobs N]
          drain      no-op jobs through the ledger, the broker and a worker, and plain MassTransit beside it   (200,000 jobs)
                     [--with LIST] measures it again with each of pause, concurrency, rate, serial, onekey, tenants,
                     and with cleanup, while [--history N] finished jobs (1,000,000) are removed
          enqueue    many at once (COPY), and one per transaction with 16 callers                              (200,000 jobs)
          latency    commit to handler start at 200 jobs a second, and of a job alone after 5 idle seconds     (4,000 jobs)
          outbox     from a producer's own database into the ledger: a backlog, and single commits           (100,000 jobs)
          embedded   drain with SQLite and the bus in memory; needs no servers                                 (100,000 jobs)
          growth     drain with an empty ledger against one with [--history N] finished jobs and
                     [--waiting N] waiting ones (1,000,000 each), measured in turns [--rounds N] (2)           (100,000 jobs)
          pages      each page of the dashboard and each list of the API, 20 times each, on a ledger with
                     [--history N] finished jobs (5,000,000), 20,000 dead ones and [--waiting N] waiting ones (100,000)
        Servers come from BUSJOBS_DATABASE and BUSJOBS_RABBITMQ: eval "$(tests/servers.sh env)".
        A readable table, and as the last line of stdout one JSON object; logs go to stderr. Ctrl-C cleans up.
        """;

    private static readonly Dictionary<string, Arguments> Benchmarks = new(StringComparer.Ordinal)
    {
        ["drain"] = new(DrainBenchmark.RunAsync, 200_000, 1_000_000, 0, 1),
        ["enqueue"] = new(EnqueueBenchmark.RunAsync, 200_000, 0, 0, 1),
        ["latency"] = new(LatencyBenchmark.RunAsync, 4_000, 0, 0, 1),
        ["outbox"] = new(OutboxBenchmark.RunAsync, 100_000, 0, 0, 1),
        ["embedded"] = new(EmbeddedBenchmark.RunAsync, 100_000, 0, 0, 1),
        ["growth"] = new(GrowthBenchmark.RunAsync, 100_000, 1_000_000, 1_000_000, 2),
        ["pages"] = new(PagesBenchmark.RunAsync, 100, 5_000_000, 100_000, 1),
    };

    /// <summary>A benchmark that hangs is ended: ten minutes, and time for what large numbers take at 1,000 a second.</summary>
    public TimeSpan Limit => TimeSpan.FromMinutes(10) + TimeSpan.FromMilliseconds((2.0 * Jobs * Rounds) + History + Waiting);

    /// <exception cref="ArgumentException">One sentence on the first thing that is wrong.</exception>
    public static Arguments Parse(string[] args)
    {
        if (args is not [var name, .. var options] || !Benchmarks.TryGetValue(name, out var arguments))
        {
            throw new ArgumentException($"expected one of {string.Join(", ", Benchmarks.Keys)}{(args.Length > 0 ? $", got '{args[0]}'" : "")}; --help tells more");
        }

        for (var i = 0; i < options.Length; i += 2)
        {
            var text = i + 1 < options.Length ? options[i + 1] : null;
            if (options[i] == "--with" && name == "drain")
            {
                arguments = arguments with { With = Rules(text) };
                continue;
            }

            var value = Number(options[i], text);
            arguments = options[i] switch
            {
                "--jobs" when value >= 100 && name != "pages" => arguments with { Jobs = value },
                "--history" when name is "growth" or "drain" or "pages" => arguments with { History = value },
                "--waiting" when name is "growth" or "pages" => arguments with { Waiting = value },
                "--rounds" when name == "growth" && value is >= 1 and <= 20 => arguments with { Rounds = value },
                "--jobs" or "--rounds" => throw new ArgumentException("--jobs takes at least 100, and --rounds, of growth, 1 to 20"),
                _ => throw new ArgumentException($"unknown option '{options[i]}' of {name}; --help tells more"),
            };
        }

        return arguments;
    }

    private static Rule[] Rules(string? list) => (list ?? "").Split(',')
        .Select(word => Enum.TryParse<Rule>(word, ignoreCase: true, out var rule) && Enum.IsDefined(rule)
            ? rule
            : throw new ArgumentException($"--with takes a list of pause, concurrency, rate, serial, onekey, tenants, cleanup, got '{list}'"))
        .ToArray();

    private static int Number(string option, string? value) => int.TryParse(value, out var number) && number is >= 0 and <= 20_000_000
        ? number
        : throw new ArgumentException($"{option} takes a whole number up to 20,000,000, got '{value}'");
}
