using BusJobs;
using Forge.Backfill;
using Forge.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Forge.Api;

internal sealed record NewBackfill(DateTimeOffset From, DateTimeOffset To, string Reason);

/// <summary>What happened in a repository day by day, and filling in what is missing.</summary>
internal static class ActivityCalls
{
    public static void Map(IEndpointRouteBuilder calls)
    {
        calls.MapPost("/repositories/{org}/{name}/backfill", BackfillAsync);
        calls.MapGet("/repositories/{org}/{name}/activity", ShowAsync);
        calls.MapGet("/repositories/{org}/{name}/activity.svg", DrawAsync);
    }

    private static async Task<IResult> BackfillAsync(string org, string name, HttpContext context, HubContext hub, ActivityLog log, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewBackfill>(context, cancellationToken);
        Asked.RequireWord("reason", asked.Reason);
        var repository = await hub.RepositoryAsync(org, name, cancellationToken);
        return TypedResults.Accepted((string?)null, await log.FillAsync(repository, TimeWindow.Covering(asked.From, asked.To, BackfillWindow.Day), asked.Reason, cancellationToken));
    }

    private static async Task<IResult> ShowAsync(string org, string name, HttpContext context, HubContext hub, ActivityLog log, CancellationToken cancellationToken)
    {
        var days = await DaysAsync(org, name, context, hub, log, cancellationToken);
        return TypedResults.Ok(new
        {
            missing = days.Count(day => day.Day is null),
            days = days.Where(day => day.Day is not null).Select(day => new { day.Start, day.Day!.Commits, day.Day.Authors, day.Day.Added, day.Day.Removed, day.Day.Files }),
        });
    }

    private static async Task<IResult> DrawAsync(string org, string name, HttpContext context, HubContext hub, ActivityLog log, CancellationToken cancellationToken) =>
        TypedResults.Text(ActivityChart.Draw(await DaysAsync(org, name, context, hub, log, cancellationToken)), "image/svg+xml");

    private static async Task<IReadOnlyList<ActivityLine>> DaysAsync(string org, string name, HttpContext context, HubContext hub, ActivityLog log, CancellationToken cancellationToken)
    {
        var (from, to) = (Asked.Moment(context, "from", "2026-01-01T00:00:00Z"), Asked.Moment(context, "to", "2026-02-01T00:00:00Z"));
        var span = TimeWindow.Covering(from, to, BackfillWindow.Day);
        Asked.Require(span.End - span.Start <= MissingWindows.Longest, "to", $"{to:O}", "at most ten years after the start");
        return await log.DaysAsync((await hub.RepositoryAsync(org, name, cancellationToken)).Id, span, cancellationToken);
    }
}
