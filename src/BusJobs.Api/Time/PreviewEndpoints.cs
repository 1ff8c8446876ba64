using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Time;

/// <summary>What is to come: the next fires of one schedule, of a definition that need not be saved, and of all schedules.</summary>
internal sealed class PreviewEndpoints(Schedules schedules)
{
    private const int DefaultCount = 10;
    private const int DefaultHours = 24;
    private const int MostHours = 24 * 31;

    /// <summary>The jitter of a definition follows from its id, and this one has none yet.</summary>
    private const string NoId = "unsaved";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/schedules/preview", (HttpContext http, PreviewEndpoints endpoints, string? hours, CancellationToken token) => endpoints.AllAsync(http, token))
            .Produces<UpcomingList>().Refuses(400).Needs(ApiScopes.Read).WithName("PreviewSchedules").WithSummary("Everything that will run.")
            .WithDescription("hours: 1 to 744 from now, default 24. The earliest 1,000 fires of schedules that are not paused, what is overdue included.");
        api.MapPost("/schedules/preview", (HttpContext http, PreviewEndpoints endpoints, string? count, CancellationToken token) => endpoints.UnsavedAsync(http, token))
            .Accepts<ScheduleRequest>("application/json").Produces<UpcomingList>().Refuses(400, 413, 415).Needs(ApiScopes.Read).WithName("PreviewDefinition")
            .WithSummary("The next fires of a schedule that need not be there.").WithDescription("count: 1 to 1,000, default 10. Nothing is saved.");
        api.MapGet("/schedules/{id}/preview", (HttpContext http, string id, PreviewEndpoints endpoints, string? count, CancellationToken token) => endpoints.OneAsync(http, id, token))
            .Produces<UpcomingList>().Refuses(400, 404).Needs(ApiScopes.Read).WithName("PreviewSchedule")
            .WithSummary("The next fires of a schedule, paused or not.").WithDescription("count: 1 to 1,000, default 10.");
    }

    private async Task<IResult> AllAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var hours = new Query(http.Request, "hours").Number("hours", 1, MostHours) ?? DefaultHours;
        return Shown(await schedules.Within(http.User.Tenant).UpcomingAsync(TimeSpan.FromHours(hours), cancellationToken), Schedules.MostPreviewed);
    }

    private async Task<IResult> UnsavedAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var count = Count(http);
        var definition = await ScheduleRequest.ReadAsync(http, NoId, cancellationToken);
        return Shown(await Refusals.ToldAsync(() => schedules.Within(http.User.Tenant).PreviewAsync(definition, count, cancellationToken)), count);
    }

    private async Task<IResult> OneAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var (own, count) = (schedules.Within(http.User.Tenant), Count(http));
        return await own.FindAsync(RouteNames.Check("id", id), cancellationToken) is null
            ? ScheduleEndpoints.NotFound(id)
            : Shown(await own.PreviewAsync(id, count, cancellationToken), count);
    }

    private static int Count(HttpContext http) => new Query(http.Request, "count").Number("count", 1, Schedules.MostPreviewed) ?? DefaultCount;

    private static IResult Shown(IReadOnlyList<UpcomingFire> fires, int most) =>
        TypedResults.Ok(new UpcomingList([.. fires.Select(UpcomingView.Of)], fires.Count >= most));
}
