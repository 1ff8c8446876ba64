using Microsoft.Extensions.Configuration;

namespace BusJobs.FaultServer;

/// <summary>What a test asks of the process. Connection strings come from the environment, as with BusJobs.Server.</summary>
internal sealed record FaultSettings
{
    /// <summary><c>all</c>, <c>coordinator</c>, <c>worker</c> or <c>scheduler</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The folder of the SQLite file, when there is no database.</summary>
    public required string? DataFolder { get; init; }

    /// <summary>The folder where each run of a job, and each acknowledged enqueue, leaves a line.</summary>
    public required string MarksFolder { get; init; }

    public required TimeSpan Beat { get; init; }
    public required TimeSpan Lease { get; init; }
    public required TimeSpan Drain { get; init; }
    public required int Slots { get; init; }

    /// <summary>How many jobs the process enqueues itself, one at a time, noting each once it is acknowledged.</summary>
    public required int Enqueue { get; init; }

    public required string? Database { get; init; }
    public required Uri? RabbitMq { get; init; }
    public required string Prefix { get; init; }

    public bool Coordinates => Role is "all" or "coordinator";

    /// <summary>Fires the schedule <c>tick</c> every second.</summary>
    public bool Schedules => Role is "scheduler";

    public bool Works => Role is "all" or "worker";

    public static FaultSettings Read(string[] args, Func<string, string?> environment)
    {
        var options = new ConfigurationBuilder().AddCommandLine(args).Build();
        return new FaultSettings
        {
            Role = options["role"] ?? "all",
            DataFolder = options["data"],
            MarksFolder = options["marks"] ?? throw new ArgumentException("--marks DIR is needed", nameof(args)),
            Beat = Milliseconds("beat", 300),
            Lease = Milliseconds("lease", 3_000),
            Drain = Milliseconds("drain", 25_000),
            Slots = options.GetValue("slots", 4),
            Enqueue = options.GetValue("enqueue", 0),
            Database = Filled("BUSJOBS_DATABASE"),
            RabbitMq = Filled("BUSJOBS_RABBITMQ") is { } uri ? new Uri(uri) : null,
            Prefix = Filled("BUSJOBS_PREFIX") ?? "busjobs",
        };

        TimeSpan Milliseconds(string name, int otherwise) => TimeSpan.FromMilliseconds(options.GetValue(name, otherwise));

        string? Filled(string name) => environment(name) is { Length: > 0 } value ? value : null;
    }
}
