using System.Globalization;
using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Time;

/// <summary>A past range to run for.</summary>
public sealed record BackfillRequest
{
    /// <summary>Inclusive, with an offset.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Exclusive, not in the future.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>True to count only.</summary>
    public bool? DryRun { get; init; }
}

/// <summary>Runs of a schedule: what became of its fires, one more now, and those of a past range.</summary>
internal sealed class RunEndpoints(Schedules schedules, ILogger<RunEndpoints> logger)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/schedules/{id}/fires", (HttpContext http, string id, RunEndpoints endpoints, string? limit, string? cursor, CancellationToken token) => endpoints.FiresAsync(http, id, token))
            .Produces<FireList>().Refuses(400, 404).Needs(ApiScopes.Read).WithName("ListFires").WithSummary("What became of a schedule's fires, the latest first.")
            .WithDescription("limit: 1 to 200, default 50. A 'next' goes into cursor.");
        api.MapPost("/schedules/{id}/run", (HttpContext http, string id, RunEndpoints endpoints, CancellationToken token) => endpoints.RunAsync(http, id, token))
            .Produces<FireView>(202).Refuses(400, 404, 409).Needs(ApiScopes.Operate).WithName("RunSchedule").WithSummary("Enqueue a job of a schedule now.")
            .WithDescription("Beside its fires, paused or not. 409: its overlap policy or the limits of the door let no job in. Each request is a run of its own.");
        api.MapPost("/schedules/{id}/backfill", (HttpContext http, string id, RunEndpoints endpoints, CancellationToken token) => endpoints.BackfillAsync(http, id, token))
            .Accepts<BackfillRequest>("application/json").Produces<BackfillAnswer>().Refuses(400, 404, 413, 415).Needs(ApiScopes.Operate).WithName("BackfillSchedule")
            .WithSummary("Enqueue a job for each fire time of a past range that has none.")
            .WithDescription("At most 10,000 at once: with a goOnAt, repeat it from there. With dryRun, they are only counted. Sent twice, it enqueues nothing twice.");
    }

    private async Task<IResult> FiresAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var (query, own) = (new Query(http.Request, "limit", "cursor"), schedules.Within(http.User.Tenant));
        var (limit, before) = (query.Number("limit", 1, MaxLimit) ?? DefaultLimit, query.DayOrTime("cursor"));
        if (await own.FindAsync(RouteNames.Check("id", id), cancellationToken) is null)
        {
            return ScheduleEndpoints.NotFound(id);
        }

        var page = await own.FiresAsync(id, before, limit + 1, cancellationToken);
        var next = page.Count > limit ? page[limit - 1].NominalAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new FireList([.. page.Take(limit).Select(FireView.Of)], next));
    }

    private async Task<IResult> RunAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var own = schedules.Within(http.User.Tenant);
        if (await own.FindAsync(RouteNames.Check("id", id), cancellationToken) is null)
        {
            return ScheduleEndpoints.NotFound(id);
        }

        var fire = await own.RunNowAsync(id, cancellationToken);
        switch (fire.Outcome)
        {
            case FireOutcome.Enqueued:
                logger.ScheduleChanged(id, "run", http.User.KeyName);
                return TypedResults.Accepted($"/api/jobs/{fire.JobId}", FireView.Of(fire));
            case FireOutcome.Skipped:
                return Problems.Refused(StatusCodes.Status409Conflict, $"An earlier job of schedule '{id}' has not ended, and its overlap policy lets no other in.");
            default:
                return Problems.Refused(StatusCodes.Status409Conflict, $"The door turned the job of schedule '{id}' away: its limits are reached.");
        }
    }

    private async Task<IResult> BackfillAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var own = schedules.Within(http.User.Tenant);
        RouteNames.Check("id", id);
        var body = await Body.ReadAsync(http.Request, Body.SmallBytes, cancellationToken);
        var fields = new Fields(body.RootElement, "", "from", "to", "dryRun");
        var (from, to, isDry) = (Needed(fields, "from"), Needed(fields, "to"), fields.Flag("dryRun") ?? false);
        if (await own.FindAsync(id, cancellationToken) is null)
        {
            return ScheduleEndpoints.NotFound(id);
        }

        var report = await Refusals.ToldAsync(() => own.BackfillAsync(id, from, to, isDry, cancellationToken));
        if (!isDry)
        {
            logger.ScheduleChanged(id, "backfilled", http.User.KeyName);
        }

        return TypedResults.Ok(new BackfillAnswer(report.Fires, report.GoOnAt, report.Enqueued, isDry));
    }

    private static DateTimeOffset Needed(Fields fields, string name) =>
        fields.Time(name) ?? throw InputException.Refused(fields.At(name), name, value: null, "a time with its offset, such as 2026-01-31T12:00:00Z");
}
