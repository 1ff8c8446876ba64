using System.Net;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Access;

/// <summary>Whether a request comes from a person at this machine, and from a page of this server or no page at all.</summary>
internal static class Nearness
{
    /// <summary>What proxies add. One of these, and the caller may be anywhere.</summary>
    private static readonly string[] Forwarding = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"];

    extension(HttpContext http)
    {
        /// <summary>Whether a proxy stands between, so that the address is the proxy's.</summary>
        public bool IsForwarded => Forwarding.Any(http.Request.Headers.ContainsKey);

        /// <summary>
        /// Both ends are on loopback, no proxy stands between, and the name asked for is one of this machine's own: a page of another
        /// site, whose name was made to lead here, does not know to ask for it.
        /// </summary>
        public bool IsNear => http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && !http.IsForwarded
            && IsLoopback(http.Request.Host.Host);

        /// <summary>Whether no page of another site stands behind it, as far as browsers tell.</summary>
        public bool IsOwnPage
        {
            get
            {
                var headers = http.Request.Headers;
                return headers["Sec-Fetch-Site"] is [{ } site]
                    ? site is "same-origin" or "none"
                    : headers.Origin is [] || headers.Origin == $"{http.Request.Scheme}://{http.Request.Host}";
            }
        }
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
