using System.Net;
using BusJobs.Api.Dashboard.Pages;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Access;

/// <param name="To">Where to go afterwards.</param>
public sealed record SignInModel(string To, string? Fault);

/// <param name="Key">Shown once.</param>
public sealed record FirstKeyModel(string Key, string Address);

/// <summary>
/// Opens a browser's session: with an API key, or by a one-time link, which is followed at this machine, makes the first API key and shows it once.
/// </summary>
internal sealed class SignIn(IApiKeys keys, KeyCheck check, Sessions sessions, FormGuard forms, TimeProvider clock, ILogger<SignIn> logger)
{
    private const string KeyName = "first-key";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/signin", (HttpContext http, SignIn signIn, CancellationToken token) => signIn.ShowAsync(http, token)).AllowAnonymous().AsOpenPage();
        endpoints.MapPost("/signin", (HttpContext http, SignIn signIn, CancellationToken token) => signIn.WithKeyAsync(http, token)).AllowAnonymous().AsOpenPage();
        endpoints.MapPost("/signout", (HttpContext http, SignIn signIn, CancellationToken token) => signIn.OutAsync(http, token)).AllowAnonymous().AsOpenPage();
    }

    private async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var query = new Query(http.Request, "token", "to");
        return query.Text("token") is { } token
            ? await FollowAsync(http, token, cancellationToken)
            : await http.PageAsync<SignInPage>(new SignInModel(Local(query.Text("to")), Fault: null));
    }

    private async Task<IResult> FollowAsync(HttpContext http, string token, CancellationToken cancellationToken)
    {
        if (!http.IsNear || !sessions.Follow(token))
        {
            return await http.RefusedPageAsync(
                StatusCodes.Status403Forbidden,
                "A sign-in link is good once, for 15 minutes, on the machine of the server. Without a key, a new start of the server prints a new one; 'busjobs keys create' makes a key.");
        }

        var (text, key) = ApiKeyText.Make(KeyName, ApiScopes.Admin, tenant: null, lifetime: null, clock);
        await keys.AddKeyAsync(key, cancellationToken);
        logger.KeyMade(key.Id, key.Name);
        Open(http, key.Id);
        return await http.PageAsync<FirstKeyPage>(new FirstKeyModel(text, $"{http.Request.Scheme}://{http.Request.Host}"));
    }

    private async Task<IResult> WithKeyAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var form = await FormGuard.ReadUncheckedAsync(http, Body.SmallBytes, cancellationToken);
        if (!http.IsOwnPage)
        {
            return await http.RefusedPageAsync(StatusCodes.Status403Forbidden, "A page of another site made this request.");
        }

        var (key, to) = (form["key"].ToString().Trim(), Local(form["to"].ToString()));
        try
        {
            await check.CheckAsync(key, http.Connection.RemoteIpAddress ?? IPAddress.None, cancellationToken);
        }
        catch (AccessException exception)
        {
            return await http.PageAsync<SignInPage>(new SignInModel(to, exception.Message), exception.Status);
        }

        ApiKeyText.TryRead(key, out var id, out _);
        Open(http, id);
        return new Said.SeeOther(to);
    }

    private async Task<IResult> OutAsync(HttpContext http, CancellationToken cancellationToken)
    {
        await forms.ReadAsync(http, Body.SmallBytes, cancellationToken);
        sessions.Close(http.Request.Cookies[Sessions.Cookie] ?? "");
        http.Response.Cookies.Delete(Sessions.Cookie, Options(http));
        return new Said.SeeOther("/signin");
    }

    private void Open(HttpContext http, string keyId) => http.Response.Cookies.Append(Sessions.Cookie, sessions.Open(keyId), Options(http));

    private static CookieOptions Options(HttpContext http) => new()
    {
        HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/", MaxAge = Sessions.SessionLife, IsEssential = true,
    };

    /// <summary>A page of this server; anything else leads to the first one.</summary>
    internal static string Local(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(char.IsControl) && Uri.IsWellFormedUriString(path, UriKind.Relative) ? path : "/";
}
