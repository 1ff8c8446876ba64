using BusJobs;
using Forge.Backfill;
using Forge.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

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

    private static async Task<IResult> BackfillAsync(string org, string name, HttpContext context, HubContext hub, MissingWindows windows, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewBackfill>(context, cancellationToken);
        Asked.RequireWord("reason", asked.Reason);
        await hub.RepositoryAsync(org, name, cancellationToken);
        var answer = await windows.EnqueueMissingAsync(org, name, asked.From, asked.To, asked.Reason, cancellationToken);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Accepted((string?)null, answer);
    }

    private static async Task<IResult> ShowAsync(string org, string name, DateTimeOffset? from, DateTimeOffset? to, HubContext hub, CancellationToken cancellationToken)
    {
        var days = await DaysAsync(org, name, from, to, hub, cancellationToken);
        return TypedResults.Ok(new
        {
            missing = days.Count(day => day.Day is null),
            days = days.Where(day => day.Day is not null).Select(day => new { day.Start, day.Day!.Commits, day.Day.Authors, day.Day.Added, day.Day.Removed, day.Day.Files }),
        });
    }

    private static async Task<IResult> DrawAsync(string org, string name, DateTimeOffset? from, DateTimeOffset? to, HubContext hub, CancellationToken cancellationToken) =>
        TypedResults.Text(ActivityChart.Draw(await DaysAsync(org, name, from, to, hub, cancellationToken)), "image/svg+xml");

    private static async Task<IReadOnlyList<(DateTimeOffset Start, ActivityDay? Day)>> DaysAsync(
        string org, string name, DateTimeOffset? from, DateTimeOffset? to, HubContext hub, CancellationToken cancellationToken)
    {
        Asked.Require(from is not null, "from", value: null, "a time such as 2026-01-01T00:00:00Z");
        Asked.Require(to is not null, "to", value: null, "a time such as 2026-02-01T00:00:00Z");
        var span = TimeWindow.Covering(from!.Value, to!.Value, BackfillWindow.Day);
        Asked.Require(span.End - span.Start <= MissingWindows.Longest, "to", $"{to:O}", "at most ten years after the start");
        var repository = await hub.RepositoryAsync(org, name, cancellationToken);
        var days = await hub.Activity.AsNoTracking().Where(day => day.RepositoryId == repository.Id && day.Start >= span.Start && day.Start < span.End)
            .ToDictionaryAsync(day => day.Start, cancellationToken);
        return [.. Enumerable.Range(0, (int)(span.End - span.Start).TotalDays).Select(i => span.Start.AddDays(i)).Select(day => (day, days.GetValueOrDefault(day)))];
    }
}
