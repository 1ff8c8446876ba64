using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Api.Metrics;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Api.Access;

/// <summary>
/// Finds out who calls: by API key, by a browser's session, by the host's own sign-in, in Development by being near, or, for metrics alone, as a scraper by its address. Whatever is
/// not said outright (a session, a cookie of the host, nearness) is believed only of a request that no page of another site has made.
/// </summary>
internal sealed class KeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, KeyCheck keys, Sessions sessions, Scrapers scrapers,
    IHostEnvironment environment, HostSignIn? host = null)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    private const string NearName = "local";
    private const string ScraperName = "scraper";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        try
        {
            return await CallerAsync() is { } caller ? AuthenticateResult.Success(new AuthenticationTicket(caller, Scheme.Name)) : AuthenticateResult.NoResult();
        }
        catch (AccessException exception)
        {
            return AuthenticateResult.Fail(exception);
        }
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var failure = (await HandleAuthenticateOnceSafeAsync()).Failure as AccessException
            ?? new AccessException(StatusCodes.Status401Unauthorized, "This needs an API key: send it as 'Authorization: Bearer bj_...'.");
        if (Context.IsPage && host is not null && IsToSignIn(failure))
        {
            await Context.ChallengeAsync(host.Scheme, new AuthenticationProperties { RedirectUri = Request.Path + Request.QueryString });
            return;
        }

        if (Context.IsPage)
        {
            await (await PageOf(failure)).ExecuteAsync(Context);
            return;
        }

        if (failure.Status == StatusCodes.Status401Unauthorized)
        {
            Response.Headers.WWWAuthenticate = KeyCheck.Scheme;
        }

        var problem = failure.RetryAfter is { } wait ? Problems.TryLater(wait, failure.Message) : Problems.Refused(failure.Status, failure.Message);
        await problem.ExecuteAsync(Context);
    }

    protected override async Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var needed = Context.GetEndpoint()?.Metadata.GetMetadata<NeededScope>();
        var sentence = needed is null
            ? "This is not for callers."
            : $"This needs the scope {Caller.PolicyOf(needed.Scope)}{(needed.AllTenants ? ", and a key that is not bound to a tenant" : "")}.";
        var refused = Context.IsPage
            ? await Context.RefusedPageAsync(StatusCodes.Status403Forbidden, $"{sentence} You are here as {Context.User.KeyName}.")
            : Problems.Refused(StatusCodes.Status403Forbidden, sentence);
        await refused.ExecuteAsync(Context);
    }

    /// <summary>Who is not signed in is asked to; whatever else is wrong is said.</summary>
    private async Task<IResult> PageOf(AccessException failure) => IsToSignIn(failure)
        ? new Said.SeeOther($"/signin?to={Uri.EscapeDataString(Request.Path + Request.QueryString)}")
        : await Context.RefusedPageAsync(failure.Status, failure.Status == StatusCodes.Status401Unauthorized ? "Your session is over: sign in again." : failure.Message);

    private bool IsToSignIn(AccessException failure) => failure.Status == StatusCodes.Status401Unauthorized && HttpMethods.IsGet(Request.Method);

    private async Task<ClaimsPrincipal?> CallerAsync()
    {
        var address = Context.Connection.RemoteIpAddress ?? IPAddress.None;
        // What stands open asks for no key: the header may be for a guard of its own.
        if (Request.Headers.Authorization is { Count: > 0 } authorization && Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null)
        {
            return await keys.CheckAsync(Presented(authorization), address, Context.RequestAborted);
        }

        var caller = Request.Cookies[Sessions.Cookie] is { } token && sessions.Find(token) is { } id
            ? await keys.OfSessionAsync(id, address, Context.RequestAborted)
            : null;
        // What stands open is shown to whoever the host knows, too, be it only to sign in here with a key.
        if (caller is null && host is not null && Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null)
        {
            caller = await host.CallerAsync(Context);
        }

        if (caller is null && environment.IsDevelopment() && Context.IsNear)
        {
            caller = Caller.Of(NearName, ApiScopes.Enqueue | ApiScopes.Read, tenant: null, "Nearness");
        }

        if (caller is null && Context.GetEndpoint()?.Metadata.GetMetadata<ForScrapers>() is not null && scrapers.Admit(Context))
        {
            caller = Caller.Of(ScraperName, ApiScopes.Read, tenant: null, "Address");
        }

        return caller is null || Context.IsOwnPage
            ? caller
            : throw new AccessException(StatusCodes.Status403Forbidden, "A page of another site made this request.");
    }

    private static string Presented(string? authorization) =>
        authorization is not null && authorization.StartsWith(KeyCheck.Scheme + " ", StringComparison.OrdinalIgnoreCase)
            ? authorization[(KeyCheck.Scheme.Length + 1)..].Trim()
            : throw new AccessException(StatusCodes.Status401Unauthorized, "The Authorization header must be 'Bearer', a space and an API key.");
}
