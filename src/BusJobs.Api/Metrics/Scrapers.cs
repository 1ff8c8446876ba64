using System.Net;
using BusJobs.Api.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace BusJobs.Api.Metrics;

/// <summary>Marks the endpoint that scrapers may read without a key.</summary>
internal sealed record ForScrapers;

/// <summary>Knows scrapers by where they call from.</summary>
internal sealed class Scrapers(IOptions<MetricsOptions> options)
{
    private readonly List<IPNetwork> networks = [.. options.Value.ScrapeFrom.Select(MetricsOptions.Network)];

    public bool Admit(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } address || http.IsForwarded)
        {
            return false;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return networks.Exists(network => network.Contains(plain));
    }
}
