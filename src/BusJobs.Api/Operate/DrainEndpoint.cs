using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Api.Jobs;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Operate;

/// <param name="Name">Of the worker, for people.</param>
public sealed record WorkerAsked(Guid Id, string Name);

/// <summary>Lets one worker run empty, so that its machine can be taken away.</summary>
internal static class DrainEndpoint
{
    public static void Map(IEndpointRouteBuilder api) => api
        .MapPost("/workers/{id}/drain", DrainAsync)
        .Produces<WorkerAsked>(StatusCodes.Status202Accepted).Refuses(400, 404, 409).Needs(ApiScopes.Operate, allTenants: true).WithMetadata(new RecordsItself()).WithName("DrainWorker")
        .WithSummary("Let a worker run empty.")
        .WithDescription("It begins no more jobs, gives back what has not begun, and stays so until it is started anew. 404: no such worker beats. 409: its version cannot be asked.");

    private static async Task<IResult> DrainAsync(HttpContext http, string id, Actions actions, WorkerEar ear, CancellationToken cancellationToken)
    {
        var asked = JobEndpoints.Id(id);
        if (ear.Find(asked) is not { } worker)
        {
            return Problems.Refused(StatusCodes.Status404NotFound, $"No worker {asked} beats.");
        }

        return await actions.DrainAsync(http.User, worker, cancellationToken) switch
        {
            DrainResult.Asked => TypedResults.Accepted((string?)null, new WorkerAsked(asked, worker.Name)),
            DrainResult.Gone => Problems.Refused(StatusCodes.Status404NotFound, $"The worker {worker.Name} has gone."),
            _ => Problems.Refused(StatusCodes.Status409Conflict, $"The worker {worker.Name} is of a version that cannot be asked to drain: end its process with SIGTERM."),
        };
    }
}
