using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Operate;

/// <summary>Makes every unique key that jobs of a kind hold free again.</summary>
internal static class BumpEndpoint
{
    public static void Map(IEndpointRouteBuilder api) => api
        .MapPost("/kinds/{kind}/bump", BumpAsync)
        .Produces(StatusCodes.Status204NoContent).Refuses(400).Needs(ApiScopes.Operate, allTenants: true).WithMetadata(new RecordsItself()).WithName("BumpKind")
        .WithSummary("Free every unique key of a kind.").WithDescription("Jobs that hold a key stay; a new one with the same key is enqueued all the same.");

    private static async Task<IResult> BumpAsync(HttpContext http, string kind, Actions actions, CancellationToken cancellationToken)
    {
        await actions.BumpAsync(http.User, RouteNames.Check("kind", kind), cancellationToken);
        return TypedResults.NoContent();
    }
}
