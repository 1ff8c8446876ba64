using BusJobs.Api.Access;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Dashboard.Shell;

/// <summary>Who looks at a page, and what the page may offer. The server asks again whenever something is done.</summary>
/// <param name="MayOperate">Whether forms are shown: a session with the scope operate.</param>
/// <param name="IsAdmin">Whether secrets of payloads may be shown.</param>
/// <param name="Tenant">The only tenant whose jobs are there; null for all.</param>
/// <param name="FormToken">Goes into every form; null for who only happens to be near.</param>
/// <param name="HasSession">Whether there is a session of ours to sign out of; the host's own is the host's to end.</param>
public sealed record Visitor(string Name, bool MayOperate, bool IsAdmin, string? Tenant, string? FormToken, bool HasSession)
{
    internal static Visitor Of(HttpContext http, FormGuard guard)
    {
        var token = guard.TokenOf(http);
        return new Visitor(http.User.KeyName, token is not null && http.User.May(ApiScopes.Operate), http.User.May(ApiScopes.Admin), http.User.Tenant, token, token is not null && !http.User.IsOfHost);
    }
}

/// <summary>What every page has around its own content.</summary>
/// <param name="Path">Where the page is, without the query.</param>
/// <param name="Said">What came of the last action; null when nothing was done.</param>
public sealed record Frame(Visitor Visitor, string Path, string? Said);
