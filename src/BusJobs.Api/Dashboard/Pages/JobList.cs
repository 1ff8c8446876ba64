using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Api.Jobs;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Pages;

/// <param name="Member">As it was asked for.</param>
/// <param name="From">As it was asked for.</param>
/// <param name="To">As it was asked for.</param>
/// <param name="Query">The filter as the end of an address, with its question mark; empty for none.</param>
/// <param name="Next">The cursor of the next page; null at the end.</param>
/// <param name="IsFirst">Whether new jobs would show on it.</param>
/// <param name="Kinds">Suggestions for the filter.</param>
public sealed record JobsModel(
    IReadOnlyList<JobSummary> Jobs, JobFilter Filter, string? Member, string? From, string? To, string Query, string? Next, bool IsFirst, IReadOnlyList<string> Kinds, DateTimeOffset Now);

/// <summary>Pages of jobs by filter.</summary>
internal sealed class JobList(ILedger ledger, TimeProvider clock)
{
    private const int Lines = 50;
    private const int MostKinds = 200;

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/jobs", (HttpContext http, JobList list, CancellationToken token) => list.ShowAsync(http, token)).AsPage(ApiScopes.Read);

    private async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var query = new Query(http.Request, [.. FilterQuery.Names, "cursor"]);
        var filter = FilterQuery.Read(http, query);
        var after = Cursor.Read(query, filter);
        var page = await ledger.ListAsync(filter, after, Lines, cancellationToken);
        // The kinds of other tenants are none of a tenant's business.
        var kinds = http.User.Tenant is null ? (await ledger.KindsAsync(cancellationToken)).Take(MostKinds).Select(kind => kind.Kind) : [];
        return await http.PageAsync<JobsPage>(new JobsModel(
            page.Jobs, filter, query.Text("member"), query.Text("from"), query.Text("to"), FilterQuery.AddressOf(query), page.Next is { } next ? Cursor.Write(next, filter) : null, after is null,
            [.. kinds], clock.GetUtcNow()));
    }
}
