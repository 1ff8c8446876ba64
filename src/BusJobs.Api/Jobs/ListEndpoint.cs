using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Jobs;

/// <summary>Pages of jobs. Nothing is counted, and a page costs what it costs however many jobs there are.</summary>
internal sealed class ListEndpoint(ILedger ledger)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;

    public static void Map(IEndpointRouteBuilder api) => api
        .MapGet("/jobs", (
            HttpContext http, ListEndpoint list, string? state, string? discarded, string? kind, string? queue, string? tenant, string? tag, string? member, string? from, string? to, string? limit,
            string? cursor, CancellationToken token) => list.ListAsync(http, token))
        .Produces<JobList>().Refuses(400).Needs(ApiScopes.Read).WithName("ListJobs").WithSummary("A page of jobs.")
        .WithDescription("Newest first by id; with state=dead by the time of death, with discarded=true (dead jobs that somebody gave up) by the time of that, with scheduled by due time, with ready in the order of dispatch. "
            + "from and to (a day or a time) go by when a job was enqueued. member=name=value asks for a member at the top of the payload: a text, a number, true or false. "
            + "limit: 1 to 200, default 50. A page looks at 10,000 jobs at most, or 2,000 payloads: it may be short, "
            + "even empty, and still have a 'next', which goes into cursor with the same filters.");

    private async Task<IResult> ListAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var query = new Query(http.Request, [.. FilterQuery.Names, "limit", "cursor"]);
        var filter = FilterQuery.Read(http, query);
        var after = Cursor.Read(query, filter);
        var page = await ledger.ListAsync(filter, after, query.Number("limit", 1, MaxLimit) ?? DefaultLimit, cancellationToken);
        return TypedResults.Ok(new JobList([.. page.Jobs.Select(JobLine.Of)], page.Next is { } next ? Cursor.Write(next, filter) : null));
    }
}
