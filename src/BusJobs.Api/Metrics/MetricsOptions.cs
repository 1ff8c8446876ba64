using System.Net;

namespace BusJobs.Api.Metrics;

/// <summary>Who may read <c>/metrics</c>. Bound from the section <c>BusJobs:Metrics</c> by the server.</summary>
public sealed class MetricsOptions
{
    /// <summary>
    /// Addresses (<c>10.1.2.3</c>) and networks (<c>10.0.0.0/8</c>, <c>fd00::/8</c>) that may scrape without an API key. A request that came through a
    /// proxy is not taken for one of them. Default: none.
    /// </summary>
    public IList<string> ScrapeFrom { get; } = [];

    /// <exception cref="FormatException">An entry is no network.</exception>
    internal static IPNetwork Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : throw new FormatException($"BusJobs:Metrics:ScrapeFrom '{text}' is refused: expected an address or a network such as 10.0.0.0/8.");
}
