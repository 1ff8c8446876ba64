using System.ComponentModel.DataAnnotations;

namespace BusJobs.Bus;

/// <summary>Which bus, and the two times that every part must agree on.</summary>
public sealed class BusOptions
{
    /// <summary>For example <c>amqp://user:password@host:5672/vhost</c>; <c>amqps</c> for TLS. Default: null, a bus in memory.</summary>
    public Uri? RabbitMq { get; set; }

    internal bool UsesTls => RabbitMq is { } uri && IsTls(uri);

    /// <summary>What the names of exchanges and queues begin with. Default: <c>busjobs</c>.</summary>
    [RegularExpression(@"\A[a-z0-9][a-z0-9_-]{0,62}\z")]
    public string Prefix { get; set; } = "busjobs";

    /// <summary>How often a worker says that it lives and what it holds. Default: 3 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan BeatInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a silent worker is waited for before its jobs run elsewhere. Default: 15 seconds; at least 3 beats.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a send may wait for the broker's confirm before it counts as undecided; never longer than a lease. Default: 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many copies of dead letters the broker keeps per queue; older ones fall out, the ledger keeps them all. Default: 10,000.</summary>
    [Range(1, 10_000_000)]
    public int DeadLetterCopies { get; set; } = 10_000;

    /// <summary>The port in an address of a broker, or the usual one of its scheme.</summary>
    public static int PortOf(Uri address) => address.Port > 0 ? address.Port : IsTls(address) ? 5671 : 5672;

    private static bool IsTls(Uri address) => address.Scheme is "amqps" or "rabbitmqs";
}
