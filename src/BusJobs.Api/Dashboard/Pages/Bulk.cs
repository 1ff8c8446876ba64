using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Api.Jobs;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Pages;

/// <param name="Action">Where the form goes.</param>
/// <param name="Destroys">Whether what is done cannot be undone.</param>
public sealed record ConfirmModel(string Title, string Sentence, int Count, string Action, string Button, string Back, bool Destroys)
{
    /// <summary>What is asked about, so that nobody says yes to another filter than he has in mind; null when the title says it.</summary>
    public string? Which { get; init; }
}

/// <summary>Does something to all jobs that match a filter: counted first, then done, so many at a time.</summary>
internal sealed class Bulk(ILedger ledger, Actions actions)
{
    private const int MostCancelled = 10_000;
    private const int MostRetried = 2_000;
    private const string AsMany = ", which is as many as one step does; there are more";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/jobs/cancel", (HttpContext http, Bulk bulk, CancellationToken token) => bulk.CountCancelAsync(http, token)).AsPage(ApiScopes.Operate);
        endpoints.MapPost("/jobs/cancel", (HttpContext http, Bulk bulk, CancellationToken token) => bulk.CancelAsync(http, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapGet("/jobs/redrive", (HttpContext http, Bulk bulk, CancellationToken token) => bulk.CountRedriveAsync(http, token)).AsPage(ApiScopes.Operate);
        endpoints.MapPost("/jobs/redrive", (HttpContext http, Bulk bulk, CancellationToken token) => bulk.RedriveAsync(http, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapGet("/jobs/discard", (HttpContext http, Bulk bulk, CancellationToken token) => bulk.CountDiscardAsync(http, token)).AsPage(ApiScopes.Operate);
        endpoints.MapPost("/jobs/discard", (HttpContext http, Bulk bulk, CancellationToken token) => bulk.DiscardAsync(http, token)).AsDeed(ApiScopes.Operate);
    }

    private async Task<IResult> CountCancelAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (filter, address) = Asked(http, CancelEndpoint.Live);
        var (jobs, more) = await MatchingAsync(filter, MostCancelled, cancellationToken);
        return await http.PageAsync<ConfirmPage>(new ConfirmModel(
            "Cancel jobs",
            $"{Shown.Jobs(jobs.Count)} would be cancelled{(more ? AsMany : "")}. Those that wait never start; those that run are asked to stop.",
            jobs.Count, $"/jobs/cancel{address}", $"Cancel {Shown.Jobs(jobs.Count)}", $"/jobs{address}", Destroys: true) { Which = Which(http) });
    }

    private async Task<IResult> CancelAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (filter, address) = Asked(http, CancelEndpoint.Live);
        var (jobs, more) = await MatchingAsync(filter, MostCancelled, cancellationToken);
        var report = await actions.CancelManyAsync(http.User, jobs, $"jobs{address}", cancellationToken);
        return http.GoTo($"/jobs{address}", $"{Shown.Jobs(report.Cancelled)} cancelled, {report.Requested} asked to stop.{(more ? " There are more." : "")}");
    }

    private async Task<IResult> CountRedriveAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (filter, address) = Asked(http, [LedgerState.Dead], orDiscarded: true);
        var (jobs, more) = await MatchingAsync(filter, MostRetried, cancellationToken);
        return await http.PageAsync<ConfirmPage>(new ConfirmModel(
            filter.Discarded ? "Bring back discarded jobs" : "Retry dead jobs",
            $"{Shown.Jobs(jobs.Count)} would get a new series of attempts{(more ? AsMany : "")}. A job whose unique key another has by now stays {(filter.Discarded ? "discarded" : "dead")}.",
            jobs.Count, $"/jobs/redrive{address}", $"Retry {Shown.Jobs(jobs.Count)}", $"/jobs{address}", Destroys: false) { Which = Which(http) });
    }

    private async Task<IResult> RedriveAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (filter, address) = Asked(http, [LedgerState.Dead], orDiscarded: true);
        var (jobs, more) = await MatchingAsync(filter, MostRetried, cancellationToken);
        var report = await actions.RedriveAsync(
            http.User, new DeadFilter(Tenant: http.User.Tenant) { JobIds = jobs, Discarded = filter.Discarded }, $"jobs{address}", cancellationToken);
        return http.GoTo($"/jobs{address}", $"{Report(report)}{(more ? " There are more." : "")}");
    }

    private async Task<IResult> CountDiscardAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (filter, address) = Asked(http, [LedgerState.Dead]);
        var (jobs, more) = await MatchingAsync(filter, MostRetried, cancellationToken);
        return await http.PageAsync<ConfirmPage>(AskDiscard(jobs.Count, more, $"/jobs/discard{address}", $"/jobs{address}", Which(http)));
    }

    private async Task<IResult> DiscardAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (filter, address) = Asked(http, [LedgerState.Dead]);
        var (jobs, more) = await MatchingAsync(filter, MostRetried, cancellationToken);
        var discarded = await actions.DiscardAsync(http.User, new DeadFilter(Tenant: http.User.Tenant) { JobIds = jobs }, $"jobs{address}", cancellationToken);
        return http.GoTo($"/jobs{address}", $"{ReportDiscarded(discarded)}{(more ? " There are more." : "")}");
    }

    public static ConfirmModel AskDiscard(int jobs, bool hasMore, string action, string back, string which) => new(
        "Discard dead jobs",
        $"{Shown.Jobs(jobs)} would be given up{(hasMore ? AsMany : "")}. They end as cancelled and keep what they died of; a retry brings them back, until the cleanup removes them.",
        jobs, action, $"Discard {Shown.Jobs(jobs)}", back, Destroys: true) { Which = which };

    private static string Which(HttpContext http) => FilterQuery.WordsOf(new Query(http.Request, FilterQuery.Names));

    public static string Report(RedriveReport report) =>
        $"{Shown.Jobs(report.Ready)} will run again{(report.KeyTaken > 0 ? $"; {report.KeyTaken} stay as they are, because another job has their unique key" : "")}.";

    public static string ReportDiscarded(int jobs) => $"{Shown.Jobs(jobs)} discarded; they can be brought back until the cleanup removes them.";

    /// <param name="orDiscarded">Whether discarded jobs may be asked for in place of jobs in these states.</param>
    private static (JobFilter Filter, string Address) Asked(HttpContext http, IReadOnlyList<LedgerState> states, bool orDiscarded = false)
    {
        var query = new Query(http.Request, FilterQuery.Names);
        var filter = FilterQuery.Read(http, query);
        return (orDiscarded && filter.Discarded) || (filter.State is { } state && states.Contains(state))
            ? (filter, FilterQuery.AddressOf(query))
            : throw InputException.Refused(new Place(Parameter: "state"), "state", query.Text("state"), string.Join(", ", states.Select(state => state.Word)));
    }

    private async Task<(IReadOnlyList<Guid> Jobs, bool More)> MatchingAsync(JobFilter filter, int most, CancellationToken cancellationToken)
    {
        var page = await ledger.ListAsync(filter, after: null, most, cancellationToken);
        return ([.. page.Jobs.Select(job => job.Id)], page.Next is not null);
    }
}
