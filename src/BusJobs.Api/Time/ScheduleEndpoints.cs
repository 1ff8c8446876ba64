using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Time;

/// <summary>Schedules: see, make, change, pause and remove them. One of another tenant than the caller's is not there.</summary>
internal sealed class ScheduleEndpoints(Schedules schedules, ILogger<ScheduleEndpoints> logger)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;
    private const string OnlyUnchanged = "With the ETag of an answer in If-Match only if nobody else has changed it since: else 412.";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/schedules", (HttpContext http, ScheduleEndpoints endpoints, string? limit, string? cursor, CancellationToken token) => endpoints.ListAsync(http, token))
            .Produces<ScheduleList>().Refuses(400).Needs(ApiScopes.Read).WithName("ListSchedules").WithSummary("A page of schedules, by id.")
            .WithDescription("limit: 1 to 200, default 50. A 'next' goes into cursor.");
        api.MapGet("/schedules/{id}", (HttpContext http, string id, ScheduleEndpoints endpoints, CancellationToken token) => endpoints.FindAsync(http, id, token))
            .Produces<ScheduleShown>().Refuses(400, 404).Needs(ApiScopes.Read).WithName("GetSchedule").WithSummary("A schedule, and where it stands.");
        api.MapPut("/schedules/{id}", (HttpContext http, string id, ScheduleEndpoints endpoints, CancellationToken token) => endpoints.SaveAsync(http, id, token))
            .Accepts<ScheduleRequest>("application/json").Produces<ScheduleShown>().Produces<ScheduleShown>(201).Refuses(400, 412, 413, 415)
            .Needs(ApiScopes.Operate).WithName("PutSchedule").WithSummary("Make a schedule, or change it.")
            .WithDescription("201: it is new. 200: it was changed; it goes on from now, and stays paused if it was. What is left out has its default. "
                + "With the ETag of an answer in If-Match it is only changed if nobody else has changed it since: else 412.");
        api.MapDelete("/schedules/{id}", (HttpContext http, string id, ScheduleEndpoints endpoints, CancellationToken token) => endpoints.RemoveAsync(http, id, token))
            .Produces(204).Refuses(400, 404, 412).Needs(ApiScopes.Operate).WithName("DeleteSchedule").WithSummary("Remove a schedule.")
            .WithDescription("Jobs that it enqueued stay. " + OnlyUnchanged);
        api.MapPost("/schedules/{id}/pause", (HttpContext http, string id, ScheduleEndpoints endpoints, CancellationToken token) => endpoints.SetPausedAsync(http, id, paused: true, token))
            .Produces(204).Refuses(400, 404, 412).Needs(ApiScopes.Operate).WithName("PauseSchedule").WithSummary("Let a schedule fire no more for now.")
            .WithDescription(OnlyUnchanged);
        api.MapPost("/schedules/{id}/resume", (HttpContext http, string id, ScheduleEndpoints endpoints, CancellationToken token) => endpoints.SetPausedAsync(http, id, paused: false, token))
            .Produces(204).Refuses(400, 404, 412).Needs(ApiScopes.Operate).WithName("ResumeSchedule").WithSummary("Let a schedule go on.")
            .WithDescription("What was missed is dealt with by its misfire policy. " + OnlyUnchanged);
    }

    public static IResult NotFound(string id) => Problems.Refused(StatusCodes.Status404NotFound, $"There is no schedule '{id}'.");

    private async Task<IResult> ListAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var query = new Query(http.Request, "limit", "cursor");
        var limit = query.Number("limit", 1, MaxLimit) ?? DefaultLimit;
        var page = await Of(http).ListAsync(query.Name("cursor"), limit + 1, cancellationToken);
        var shown = page.Take(limit).Select(ScheduleShown.Of).ToList();
        return TypedResults.Ok(new ScheduleList(shown, page.Count > limit ? shown[^1].Id : null));
    }

    private async Task<IResult> FindAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        if (await Of(http).FindAsync(RouteNames.Check("id", id), cancellationToken) is not { } view)
        {
            return NotFound(id);
        }

        http.Tag(Tagged(view));
        return TypedResults.Ok(ScheduleShown.Of(view));
    }

    /// <summary>What people decide, and not where it stands: a fire is no change.</summary>
    private static object Tagged(ScheduleView view) => new { Definition = ScheduleRequest.Of(view.Definition), view.Paused };

    private async Task<IResult> SaveAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var definition = await ScheduleRequest.ReadAsync(http, RouteNames.Check("id", id), cancellationToken);
        var isExpected = IsExpected(http);
        var view = await Refusals.ToldAsync(() => Of(http).SaveAsync(definition, isExpected, cancellationToken));
        logger.ScheduleChanged(id, "saved", http.User.KeyName);
        http.Tag(Tagged(view));
        return view.Version == 1 ? TypedResults.Created($"/api/schedules/{id}", ScheduleShown.Of(view)) : TypedResults.Ok(ScheduleShown.Of(view));
    }

    private async Task<IResult> RemoveAsync(HttpContext http, string id, CancellationToken cancellationToken) =>
        Done(http, id, "removed", await Of(http).RemoveAsync(RouteNames.Check("id", id), IsExpected(http), cancellationToken));

    private async Task<IResult> SetPausedAsync(HttpContext http, string id, bool paused, CancellationToken cancellationToken) => Done(
        http, id, paused ? "paused" : "resumed", await Of(http).SetPausedAsync(RouteNames.Check("id", id), paused, IsExpected(http), cancellationToken));

    private static Func<ScheduleView?, bool> IsExpected(HttpContext http)
    {
        var expected = http.Expected();
        return view => expected?.Hold(view is null ? null : Tagged(view)) ?? true;
    }

    private IResult Done(HttpContext http, string id, string what, bool isThere)
    {
        if (!isThere)
        {
            return NotFound(id);
        }

        logger.ScheduleChanged(id, what, http.User.KeyName);
        return TypedResults.NoContent();
    }

    private Schedules Of(HttpContext http) => schedules.Within(http.User.Tenant);
}
