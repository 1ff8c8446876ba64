using System.Security.Claims;
using BusJobs.Ledger;

namespace BusJobs.Api.Access;

/// <summary>Who calls, as claims: the name of the API key, what it may do, and whose jobs it sees.</summary>
internal static class Caller
{
    public const string ScopeClaim = "scope";
    private const string TenantClaim = "tenant";
    private const string KeyClaim = "key";
    private const string HostClaim = "host";

    extension(ClaimsPrincipal caller)
    {
        public string KeyName => caller.Identity?.Name ?? "nobody";

        /// <summary>Tells callers apart whose keys have the same name.</summary>
        public string KeyId => caller.FindFirst(KeyClaim)?.Value ?? caller.KeyName;

        /// <summary>Whether the host has signed him in, so that there is no session of ours.</summary>
        public bool IsOfHost => caller.HasClaim(claim => claim.Type == HostClaim);

        /// <summary>Whether it may do this; who is admin may do everything.</summary>
        public bool May(ApiScopes scope) => caller.HasClaim(ScopeClaim, PolicyOf(scope)) || caller.HasClaim(ScopeClaim, PolicyOf(ApiScopes.Admin));

        /// <summary>The only tenant whose jobs the caller sees; null for all.</summary>
        public string? Tenant => caller.FindFirst(TenantClaim)?.Value;
    }

    public static ClaimsPrincipal Of(ApiKey key, string scheme)
    {
        var caller = Of(key.Name, key.Scopes, key.Tenant, scheme);
        ((ClaimsIdentity)caller.Identity!).AddClaim(new Claim(KeyClaim, key.Id));
        return caller;
    }

    public static ClaimsPrincipal OfHost(HostCaller known)
    {
        var caller = Of(known.Name, known.Scopes, known.Tenant, "Host");
        ((ClaimsIdentity)caller.Identity!).AddClaims([new Claim(HostClaim, known.Name), new Claim(KeyClaim, $"host {known.Name}")]);
        return caller;
    }

    public static ClaimsPrincipal Of(string name, ApiScopes scopes, string? tenant, string scheme)
    {
        var identity = new ClaimsIdentity(scheme, ClaimTypes.Name, ClaimTypes.Role);
        identity.AddClaim(new Claim(ClaimTypes.Name, name));
        foreach (var scope in Enum.GetValues<ApiScopes>().Where(scope => scope != ApiScopes.None && scopes.HasFlag(scope)))
        {
            identity.AddClaim(new Claim(ScopeClaim, PolicyOf(scope)));
        }

        if (tenant is not null)
        {
            identity.AddClaim(new Claim(TenantClaim, tenant));
        }

        return new ClaimsPrincipal(identity);
    }

    /// <summary>The name of the policy that asks for a scope; also the word for the scope everywhere else.</summary>
    public static string PolicyOf(ApiScopes scope) => scope.ToString().ToLowerInvariant();
}
