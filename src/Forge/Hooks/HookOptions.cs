using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Forge.Hooks;

/// <summary>How webhooks are delivered.</summary>
public sealed class HookOptions
{
    /// <summary>The pauses after failed tries; one try more than there are pauses is made. Default: 10 tries over three days.</summary>
    [MinLength(1), MaxLength(100)]
    public IReadOnlyList<TimeSpan> Schedule { get; set; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>The share of a pause that is added at random, so that deliveries that failed together do not come back together. 0 to 1. Default: 0.1.</summary>
    [Range(0d, 1d)]
    public double Jitter { get; set; } = 0.1;

    /// <summary>The longest pause that a receiver's Retry-After can ask for. Default: 24 hours.</summary>
    public TimeSpan MostRetryAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long one try may take, from the look-up of the name to the end of the answer. Default: 15 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Tries under way to one endpoint from this process. Default: 4.</summary>
    [Range(1, 1_000)]
    public int PerEndpoint { get; set; } = 4;

    /// <summary>Failures in a row after which an endpoint is left alone for a while. Default: 5.</summary>
    [Range(1, 1_000)]
    public int BreakAfter { get; set; } = 5;

    /// <summary>For how long it is left alone; then one delivery tries, and the others wait for how it fares. Default: 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan BreakFor { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>An endpoint that has done nothing but fail for so long is disabled. Default: 5 days.</summary>
    public TimeSpan DisableAfter { get; set; } = TimeSpan.FromDays(5);

    /// <summary>How long the log of a delivery is kept. Default: 30 days.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long a replaced secret signs beside the new one. Default: 24 hours.</summary>
    public TimeSpan RotationOverlap { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Networks in CIDR form that may be reached although they are not public. There is no way to reach all. Default: none.</summary>
    public IReadOnlyList<string> AllowedNetworks { get; set; } = [];

    /// <summary>Default: 443.</summary>
    public IReadOnlyList<int> AllowedPorts { get; set; } = [443];

    /// <summary>Whether endpoints may be without TLS. Default: false.</summary>
    public bool AllowPlainHttp { get; set; }

    /// <summary>What secrets are sealed with at rest: base64 of 32 bytes. Default: a file that is made in the data folder.</summary>
    public string? SecretKey { get; set; }

    internal IReadOnlyList<IPNetwork> Networks => field ??= [.. AllowedNetworks.Select(IPNetwork.Parse)];
}
