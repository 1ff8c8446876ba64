using BusJobs.Api.Access;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Operate;

/// <param name="Ready">Jobs that are due and wait, counted up to 10,000.</param>
/// <param name="ReadyIsMore">Whether there are more than were counted.</param>
/// <param name="InFlight">Jobs on their way to workers, or running there.</param>
/// <param name="Workers">Workers that read the queue and do not drain.</param>
/// <param name="Slots">How many jobs they run at once.</param>
/// <param name="Paused">Whether none of its jobs may start; <c>/api/pauses</c> tells why.</param>
/// <param name="OldestSeconds">For how long the oldest of the counted jobs has been due; null when none waits.</param>
public sealed record QueueView(string Name, int Ready, bool ReadyIsMore, int InFlight, int Workers, int Slots, bool Paused, double? OldestSeconds);

/// <param name="Dead">Jobs that wait for a redrive.</param>
/// <param name="Workers">Workers that have a handler of the kind.</param>
/// <param name="Paused">Whether none of its jobs may start; <c>/api/pauses</c> tells why.</param>
public sealed record KindView(string Name, long Succeeded, long Dead, long Cancelled, long Retried, int Workers, bool Paused);

/// <param name="Dispatches">Dispatches that it holds.</param>
/// <param name="SilentSeconds">Since its last beat.</param>
public sealed record WorkerView(
    Guid Id, string Name, IReadOnlyList<WorkerQueueView> Queues, IReadOnlyList<string> Kinds, int Dispatches, bool Draining, double SilentSeconds);

/// <param name="Slots">How many of its jobs the worker runs at once.</param>
public sealed record WorkerQueueView(string Name, int Slots);

/// <summary>What there is: queues with ready jobs, jobs in flight, workers or a pause; kinds that ended a job, have a handler or a pause; workers that beat.</summary>
internal static class OverviewEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/queues", async (Standing standing, CancellationToken token) => TypedResults.Ok(await standing.QueuesAsync(token)))
            .Produces<IReadOnlyList<QueueView>>().Refuses().Needs(ApiScopes.Read, allTenants: true).WithName("ListQueues").WithSummary("Queues, and who reads them.");
        api.MapGet("/kinds", async (Standing standing, CancellationToken token) => TypedResults.Ok(await standing.KindsAsync(token)))
            .Produces<IReadOnlyList<KindView>>().Refuses().Needs(ApiScopes.Read, allTenants: true).WithName("ListKinds").WithSummary("Kinds, and how they fare.");
        api.MapGet("/workers", (Standing standing) => TypedResults.Ok(standing.Workers()))
            .Produces<IReadOnlyList<WorkerView>>().Refuses().Needs(ApiScopes.Read, allTenants: true).WithName("ListWorkers").WithSummary("Workers that beat.");
    }
}
