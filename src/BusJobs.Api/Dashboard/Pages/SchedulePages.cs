using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Api.Operate;
using BusJobs.Api.Why;
using BusJobs.Ledger;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Pages;

/// <param name="Next">The cursor of the next page; null at the end.</param>
public sealed record SchedulesModel(IReadOnlyList<ScheduleView> Schedules, string? Next, bool IsFirst, IReadOnlyList<UpcomingFire> Upcoming, DateTimeOffset Now);

/// <param name="Fires">The latest first.</param>
public sealed record ScheduleModel(ScheduleView Schedule, ScheduleWhyView Why, IReadOnlyList<UpcomingFire> Upcoming, IReadOnlyList<FireRecord> Fires, DateTimeOffset Now);

/// <summary>Schedules: what will fire, what did, and one run more. One of another tenant than the caller's is not there.</summary>
internal sealed class SchedulePages(Schedules schedules, ScheduleDiagnosis diagnosis, Actions actions, TimeProvider clock)
{
    private const int Lines = 100;
    private const int Fires = 50;
    private const int Ahead = 10;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/schedules", (HttpContext http, SchedulePages pages, CancellationToken token) => pages.ShowAllAsync(http, token)).AsPage(ApiScopes.Read);
        endpoints.MapGet("/schedules/{id}", (HttpContext http, string id, SchedulePages pages, CancellationToken token) => pages.ShowAsync(http, id, token)).AsPage(ApiScopes.Read);
        endpoints.MapPost("/schedules/{id}/run", (HttpContext http, string id, SchedulePages pages, CancellationToken token) => pages.RunAsync(http, id, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapPost("/schedules/{id}/pause", (HttpContext http, string id, SchedulePages pages, CancellationToken token) => pages.SetPausedAsync(http, id, paused: true, token))
            .AsDeed(ApiScopes.Operate);
        endpoints.MapPost("/schedules/{id}/resume", (HttpContext http, string id, SchedulePages pages, CancellationToken token) => pages.SetPausedAsync(http, id, paused: false, token))
            .AsDeed(ApiScopes.Operate);
    }

    private async Task<IResult> ShowAllAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (own, after) = (schedules.Within(http.User.Tenant), new Query(http.Request, "cursor").Name("cursor"));
        var page = await own.ListAsync(after, Lines + 1, cancellationToken);
        return await http.PageAsync<SchedulesPage>(new SchedulesModel(
            [.. page.Take(Lines)], page.Count > Lines ? page[Lines - 1].Definition.Id : null, after is null,
            await own.UpcomingAsync(TimeSpan.FromDays(1), cancellationToken), clock.GetUtcNow()));
    }

    private async Task<IResult> ShowAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var own = schedules.Within(http.User.Tenant);
        return await own.FindAsync(RouteNames.Check("id", id), cancellationToken) is { } schedule
            ? await http.PageAsync<SchedulePage>(new ScheduleModel(
                schedule, await diagnosis.OfAsync(own, schedule, cancellationToken), await own.PreviewAsync(id, Ahead, cancellationToken), await own.FiresAsync(id, before: null, Fires, cancellationToken), clock.GetUtcNow()))
            : await NotThereAsync(http, id);
    }

    private async Task<IResult> RunAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var own = schedules.Within(http.User.Tenant);
        if (await own.FindAsync(RouteNames.Check("id", id), cancellationToken) is null)
        {
            return await NotThereAsync(http, id);
        }

        var fire = await own.RunNowAsync(id, cancellationToken);
        await actions.RecordAsync(http.User, "schedule.run", id, detail: null, fire.Outcome == FireOutcome.Enqueued ? $"job {fire.JobId}" : fire.Outcome.Word);
        return http.GoTo($"/schedules/{id}", fire.Outcome switch
        {
            FireOutcome.Enqueued => "A job is enqueued, beside the schedule's own fires.",
            FireOutcome.Skipped => "No job is enqueued: an earlier one has not ended, and the overlap policy lets no other in.",
            _ => "No job is enqueued: the limits at the door are reached.",
        });
    }

    private async Task<IResult> SetPausedAsync(HttpContext http, string id, bool paused, CancellationToken cancellationToken)
    {
        var own = schedules.Within(http.User.Tenant);
        RouteNames.Check("id", id);
        if (!(paused ? await own.PauseAsync(id, cancellationToken) : await own.ResumeAsync(id, cancellationToken)))
        {
            return await NotThereAsync(http, id);
        }

        await actions.RecordAsync(http.User, paused ? "schedule.pause" : "schedule.resume", id, detail: null, paused ? "paused" : "resumed");
        return http.GoTo($"/schedules/{id}", paused ? "The schedule is paused: it fires no more until it is resumed." : "The schedule goes on; what was missed follows its misfire policy.");
    }

    private static Task<IResult> NotThereAsync(HttpContext http, string id) => http.RefusedPageAsync(StatusCodes.Status404NotFound, $"There is no schedule '{id}'.");
}
