using System.Globalization;
using BusJobs;
using BusJobs.Api.Dashboard.Shell;
using Forge.Backfill;
using Forge.Hub;
using Microsoft.AspNetCore.Http;

namespace Forge.Pages.Activity;

/// <param name="Repository">Null when there is none to show.</param>
/// <param name="Days">In order, up to yesterday: today is not over.</param>
public sealed record ActivityModel(IReadOnlyList<HubRepository> Repositories, HubRepository? Repository, int Weeks, IReadOnlyList<ActivityLine> Days);

/// <summary>What happened in a repository day by day, and asking for the days that are missing.</summary>
internal static class ActivityPages
{
    public const string Path = "/activity";

    public static readonly int[] Spans = [4, 13, 26, 52];

    private const int Default = 13;

    public static async Task<IResult> ShowAsync(HttpContext http, ActivityLog log, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (repositories, weeks) = (await log.RepositoriesAsync(cancellationToken), Weeks(http));
        var asked = http.Request.Query["repo"].ToString();
        var repository = asked.Length == 0 ? repositories.FirstOrDefault() : repositories.Find(one => one.ToString() == asked)
            ?? throw new JobRefusedException("repo", asked, "a repository of this forge, such as acme/shop");
        var days = repository is null ? [] : await log.DaysAsync(repository.Id, Span(weeks, clock), cancellationToken);
        return await http.PageAsync<ActivityPage>(new ActivityModel(repositories, repository, weeks, days));
    }

    public static async Task<IResult> FillAsync(HttpContext http, string org, string name, ActivityLog log, TimeProvider clock, CancellationToken cancellationToken)
    {
        var weeks = Weeks(http);
        if ((await log.RepositoriesAsync(cancellationToken)).Find(one => one.Org == org && one.Name == name) is not { } repository)
        {
            return await http.RefusedPageAsync(StatusCodes.Status404NotFound, "There is no such repository.");
        }

        var answer = await log.FillAsync(repository, Span(weeks, clock), "asked for on the dashboard", cancellationToken);
        return new Deed("activity.fill", $"{repository}", $"{answer.Published} weeks", To(repository, weeks), Sentence(answer)) { Detail = $"{answer.MissingDays} days were missing" };
    }

    public static string To(HubRepository repository, int weeks) => $"{Path}?repo={Uri.EscapeDataString($"{repository}")}&weeks={weeks}";

    private static string Sentence(BackfillAnswer answer) => answer switch
    {
        { MissingDays: 0 } => "No day is missing.",
        { DroppedByRateLimit: > 0 } => $"{Jobs(answer.Published)} enqueued; this organisation has had its jobs of this minute, so ask for the rest in the next.",
        { Published: 0 } => "Every week that is missing was asked for a short while ago.",
        _ => $"{Jobs(answer.Published)} enqueued, one for each week that is missing.",
    };

    private static string Jobs(int count) => count == 1 ? "1 job is" : $"{Shown.Number(count)} jobs are";

    private static TimeWindow Span(int weeks, TimeProvider clock)
    {
        var today = TimeWindow.Of(clock.GetUtcNow(), TimeSpan.FromDays(1)).Start;
        return TimeWindow.Covering(today.AddDays(-7 * weeks), today, TimeSpan.FromDays(1));
    }

    private static int Weeks(HttpContext http)
    {
        var text = http.Request.Query["weeks"].ToString();
        return text.Length == 0 ? Default
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var weeks) && Spans.Contains(weeks) ? weeks
            : throw new JobRefusedException("weeks", text, string.Join(", ", Spans));
    }
}
