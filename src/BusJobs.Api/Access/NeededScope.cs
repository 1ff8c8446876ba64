using BusJobs.Api.Access.Bounds;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Api.Access;

/// <summary>What an endpoint asks of its caller.</summary>
/// <param name="AllTenants">Whether it concerns every tenant, so that a key which is bound to one may not.</param>
public sealed record NeededScope(ApiScopes Scope, bool AllTenants);

/// <summary>Who may do what. An endpoint that says nothing is closed.</summary>
public static class ApiAccess
{
    private const string AllTenantsSuffix = " of all tenants";

    extension<TBuilder>(TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        /// <summary>Opens the endpoint to callers with the scope, or with <see cref="ApiScopes.Admin"/>.</summary>
        public TBuilder Needs(ApiScopes scope, bool allTenants = false) =>
            endpoint.RequireAuthorization(Caller.PolicyOf(scope) + (allTenants ? AllTenantsSuffix : "")).WithMetadata(new NeededScope(scope, allTenants));
    }

    internal static void Add(IServiceCollection services)
    {
        services.AddSingleton<CallRates>().AddSingleton<FailedTries>().AddSingleton<KeyCheck>().AddSingleton<Sessions>();
        // AddAuthentication would bring data protection, which writes keys into the user's folder, and nothing here needs it.
        services.AddWebEncoders();
        services.AddAuthenticationCore(options => options.DefaultScheme = KeyCheck.Scheme);
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, KeyHandler>(KeyCheck.Scheme, _ => { });
        var authorization = services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder(KeyCheck.Scheme).RequireAuthenticatedUser().RequireAssertion(IsNowhere).Build());
        foreach (var scope in Enum.GetValues<ApiScopes>().Where(scope => scope != ApiScopes.None))
        {
            var words = new[] { Caller.PolicyOf(scope), Caller.PolicyOf(ApiScopes.Admin) };
            // By our scheme whatever the host's default is, so that claims of the host's own mean nothing here.
            authorization.AddPolicy(Caller.PolicyOf(scope), policy => policy.AddAuthenticationSchemes(KeyCheck.Scheme).RequireClaim(Caller.ScopeClaim, words));
            authorization.AddPolicy(Caller.PolicyOf(scope) + AllTenantsSuffix, policy => policy
                .AddAuthenticationSchemes(KeyCheck.Scheme).RequireClaim(Caller.ScopeClaim, words).RequireAssertion(context => context.User.Tenant is null));
        }
    }

    /// <summary>A path or a method that is not there is told to those who may call; an endpoint that says nothing is told to nobody.</summary>
    private static bool IsNowhere(AuthorizationHandlerContext context) => context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint;
}
