using BusJobs.Ledger;
using Forge.Backfill;

namespace BusJobs.Server;

/// <summary>Which parts of BusJobs this process is.</summary>
public enum Role
{
    All,
    Coordinator,
    Worker,
    Scheduler,
    Api,
}

/// <summary>What the command line and the environment say, checked.</summary>
public sealed record ServerOptions
{
    public required Role Role { get; init; }

    /// <summary>The repository to index; null for none.</summary>
    public required string? Repository { get; init; }

    public required string Urls { get; init; }
    public required string DataFolder { get; init; }
    public required bool Once { get; init; }
    public required double Faults { get; init; }
    public required int Slots { get; init; }

    /// <summary>From <c>BUSJOBS_DATABASE</c>; null means SQLite in the data folder.</summary>
    public required string? Database { get; init; }

    /// <summary>From <c>BUSJOBS_RABBITMQ</c>; null means a bus in memory.</summary>
    public required Uri? RabbitMq { get; init; }

    /// <summary>What the names on the broker begin with, from <c>BUSJOBS_PREFIX</c>.</summary>
    public required string Prefix { get; init; }

    public bool Coordinates => Role is Role.All or Role.Coordinator;

    public bool Schedules => Role is Role.All or Role.Scheduler;

    public bool Works => Role is Role.All or Role.Worker;

    public bool ServesApi => Role is Role.All or Role.Api;

    /// <summary>Whether everything is in this process and its data folder.</summary>
    public bool IsEmbedded => RabbitMq is null;

    /// <summary>Only who coordinates, or enqueues over HTTP or from a repository, opens the ledger; a worker never does.</summary>
    public bool NeedsLedger => Role != Role.Worker || Repository is not null;

    /// <summary>Whoever opens the ledger declares the limit at the door that the forge's services, which have no ledger, rely on.</summary>
    public LedgerOptions Ledger => new()
    {
        Database = Database, DataFolder = DataFolder, DoorLimits = { DoorLimit.PerMinute(JobKind.Of(typeof(BackfillWindow)).Name, BackfillWindow.PerMinute) },
    };
}
