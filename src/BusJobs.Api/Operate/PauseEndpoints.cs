using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Operate;

/// <summary>Why something is paused.</summary>
/// <param name="Reason">Shown beside the pause; may be left out.</param>
public sealed record PauseRequest(string? Reason);

/// <param name="Scope">queue, kind or tenant.</param>
/// <param name="By">The name of the API key that paused it.</param>
public sealed record PauseView(string Scope, string Name, string By, string? Reason, DateTimeOffset At);

/// <summary>Pauses a queue, a kind or a tenant: its jobs are enqueued and wait, and those that run go on.</summary>
internal static class PauseEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/pauses", ListAsync).Produces<IReadOnlyList<PauseView>>().Refuses()
            .Needs(ApiScopes.Read, allTenants: true).WithName("ListPauses").WithSummary("What is paused, by whom, and why.");
        foreach (var scope in Enum.GetValues<PauseScope>())
        {
            api.MapPost($"/{scope.Word}s/{{name}}/pause", (HttpContext http, string name, Actions actions, CancellationToken token) => PauseAsync(scope, name, http, actions, token))
                .Accepts<PauseRequest>(isOptional: true, "application/json").Produces(StatusCodes.Status204NoContent).Refuses(400, 413, 415)
                .Needs(ApiScopes.Operate, allTenants: true).WithMetadata(new RecordsItself()).WithName($"Pause{scope}").WithSummary($"Let no more jobs of a {scope.Word} start.");
            api.MapPost($"/{scope.Word}s/{{name}}/resume", (HttpContext http, string name, Actions actions, CancellationToken token) => ResumeAsync(scope, name, http, actions, token))
                .Produces(StatusCodes.Status204NoContent).Refuses(400, 409)
                .Needs(ApiScopes.Operate, allTenants: true).WithMetadata(new RecordsItself()).WithName($"Resume{scope}").WithSummary($"End the pause of a {scope.Word}.").WithDescription("409: it is not paused.");
        }
    }

    private static async Task<IResult> ListAsync(ILedger ledger, CancellationToken cancellationToken)
    {
        var pauses = await ledger.PausesAsync(cancellationToken);
        return TypedResults.Ok<IReadOnlyList<PauseView>>([.. pauses.Select(pause => new PauseView(pause.Scope.Word, pause.Name, pause.By, pause.Reason, pause.At))]);
    }

    private static async Task<IResult> PauseAsync(PauseScope scope, string name, HttpContext http, Actions actions, CancellationToken cancellationToken)
    {
        RouteNames.Check("name", name);
        await actions.PauseAsync(http.User, scope, name, await ReasonAsync(http, cancellationToken), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ResumeAsync(PauseScope scope, string name, HttpContext http, Actions actions, CancellationToken cancellationToken) =>
        await actions.ResumeAsync(http.User, scope, RouteNames.Check("name", name), cancellationToken)
            ? TypedResults.NoContent()
            : Problems.Refused(StatusCodes.Status409Conflict, $"The {scope.Word} {name} is not paused.");

    /// <summary>A request without a body gives no reason.</summary>
    private static async Task<string?> ReasonAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (http.Request.ContentLength is null or 0 && http.Request.ContentType is null)
        {
            return null;
        }

        var body = await Body.ReadAsync(http.Request, Body.SmallBytes, cancellationToken);
        return new Fields(body.RootElement, "", "reason").Text("reason");
    }
}
