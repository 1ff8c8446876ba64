using System.Security.Claims;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Api.Access;

/// <summary>Somebody whom the host has signed in, as these pages and the API know him.</summary>
/// <param name="Name">Stands in the audit, so it should be his alone.</param>
/// <param name="Scopes">What he may do.</param>
public sealed record HostCaller(string Name, ApiScopes Scopes)
{
    /// <summary>The only tenant whose jobs he sees and changes; null for all.</summary>
    public string? Tenant { get; init; }
}

/// <summary>Lets in whom the host signs in by a scheme of its own, such as its cookies, beside API keys. The scheme only says who somebody is; what he may do, the host says here.</summary>
/// <param name="scheme">The scheme, which the host has added.</param>
/// <param name="known">Who that is here; null for somebody who has no business here.</param>
internal sealed class HostSignIn(string scheme, Func<ClaimsPrincipal, HostCaller?> known)
{
    public string Scheme => scheme;

    /// <returns>Null when the host has signed nobody in.</returns>
    /// <exception cref="AccessException">It has, and that one has no business here.</exception>
    public async Task<ClaimsPrincipal?> CallerAsync(HttpContext http)
    {
        if ((await http.AuthenticateAsync(scheme)).Principal is not { Identity.IsAuthenticated: true } principal)
        {
            return null;
        }

        return known(principal) is { } caller && caller.Scopes != ApiScopes.None
            ? Caller.OfHost(caller)
            : throw new AccessException(StatusCodes.Status403Forbidden, "You are signed in, and may see nothing here: ask who runs this server.");
    }
}

/// <summary>Adds the host's own sign-in.</summary>
public static class HostSignInRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Lets in, beside API keys, whom the host signs in by a scheme of its own. Who is not signed in is sent to that scheme's sign-in by every page. A scheme that the host
        /// has not added is refused at the start. The scheme must not go by the header <c>Authorization</c>, which holds API keys here.
        /// </summary>
        /// <param name="scheme">The scheme, such as <c>Cookies</c>.</param>
        /// <param name="known">Who that is here, and what he may do; null for nobody.</param>
        public IServiceCollection AddBusJobsHostSignIn(string scheme, Func<ClaimsPrincipal, HostCaller?> known)
        {
            services.AddOptions<AuthenticationOptions>()
                .Validate(options => options.SchemeMap.ContainsKey(scheme), $"The authentication scheme '{scheme}' is not there: add it, or leave AddBusJobsHostSignIn out.").ValidateOnStart();
            return services.AddSingleton(new HostSignIn(scheme, known));
        }
    }
}
