using System.ComponentModel.DataAnnotations;

namespace BusJobs.Outbox;

/// <summary>How a producer's outbox is relayed. The defaults serve most producers.</summary>
public sealed class OutboxOptions
{
    /// <summary>Whether this process relays. One that only enqueues leaves it to others on the same database. Default: true.</summary>
    public bool Relay { get; set; } = true;

    /// <summary>How long a relay sleeps at most; commits wake it before. Default: 1 second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most rows taken by one statement. Default: 2,000.</summary>
    [Range(1, 10_000)]
    public int MaxClaim { get; set; } = 2_000;

    /// <summary>Most jobs in one handover. Default: 500.</summary>
    [Range(1, 500)]
    public int MaxPack { get; set; } = 500;

    /// <summary>Most bytes of jobs in one handover; RabbitMQ 4 refuses messages of 16 MiB. Default: 1 MiB.</summary>
    [Range(1_024, 15 * 1_024 * 1_024)]
    public int MaxPackBytes { get; set; } = 1_024 * 1_024;

    /// <summary>Handovers sent and not yet answered. Default: 16.</summary>
    [Range(1, 1_000)]
    public int PacksInFlight { get; set; } = 16;

    /// <summary>
    /// How long a coordinator is waited for before the jobs are handed over again, by this relay or, if it is gone, by another.
    /// Default: 15 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the backlog is measured. Default: 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan MeasureInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Called with the ids of jobs that are in the ledger now, once their rows are deleted. What it throws is logged. Default: nothing.</summary>
    public Func<IReadOnlyList<Guid>, CancellationToken, Task>? OnRelayed { get; set; }
}
