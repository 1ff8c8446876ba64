using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Access;

/// <summary>
/// <c>GET /signin?token=...</c>: a one-time link, followed at this machine, makes the first API key, shows it once, and signs the browser in.
/// </summary>
internal sealed class SignIn(IApiKeys keys, Sessions sessions, TimeProvider clock, ILogger<SignIn> logger)
{
    private const string KeyName = "first-key";

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints
        .MapGet("/signin", (HttpContext http, SignIn signIn, CancellationToken token) => signIn.FollowAsync(http, token))
        .AllowAnonymous().ExcludeFromDescription();

    private async Task<IResult> FollowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (!http.IsNear || new Query(http.Request, "token").Text("token") is not { } token || !sessions.Follow(token))
        {
            return Problems.Refused(
                StatusCodes.Status403Forbidden,
                "A sign-in link is good once, for 15 minutes, on the machine of the server. Without a key, a new start of the server prints a new one; 'busjobs keys create' makes a key.");
        }

        var (text, key) = ApiKeyText.Make(KeyName, ApiScopes.Admin, tenant: null, lifetime: null, clock);
        await keys.AddKeyAsync(key, cancellationToken);
        logger.KeyMade(key.Id, key.Name);
        http.Response.Cookies.Append(Sessions.Cookie, sessions.Open(key), new CookieOptions
        {
            HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/", MaxAge = Sessions.SessionLife, IsEssential = true,
        });
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        return TypedResults.Text(Page(text, $"{http.Request.Scheme}://{http.Request.Host}"), "text/html; charset=utf-8");
    }

    /// <summary>Nothing in it comes from outside but a host name that was checked to be loopback.</summary>
    private static string Page(string key, string address) =>
        $"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>BusJobs: signed in</title><style>body {"{"} font: 16px/1.5 system-ui; max-width: 50em; margin: 4em auto; padding: 0 1em {"}"}</style></head>
        <body>
        <h1>You are signed in</h1>
        <p>This is your first API key. It may do everything, and it is shown only now:</p>
        <pre>{key}</pre>
        <pre>curl -H 'Authorization: Bearer {key}' {address}/api/queues</pre>
        <p>Make keys with fewer rights with <code>busjobs keys create</code>, and end this one with <code>busjobs keys revoke</code>.</p>
        </body>
        </html>
        """;
}
