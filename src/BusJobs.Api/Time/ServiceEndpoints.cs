using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Ledger.Upkeep;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Time;

/// <param name="LastRun">Null when it has not run yet.</param>
public sealed record ServiceShown(string Name, RunShown? LastRun);

/// <param name="Did">What it did; null when there was nothing to do.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record RunShown(DateTimeOffset StartedAt, double TookSeconds, string? Did, string? Error)
{
    internal static RunShown Of(ServiceRun run) => new(run.StartedAt, run.Took.TotalSeconds, run.Did, run.Error);
}

/// <summary>The services that go by the clock: what each did last in the whole cluster, and before.</summary>
internal sealed class ServiceEndpoints(IUpkeepStore store)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/services", (ServiceEndpoints endpoints, CancellationToken token) => endpoints.ListAsync(token))
            .Produces<IReadOnlyList<ServiceShown>>().Refuses().Needs(ApiScopes.Read, allTenants: true).WithName("ListServices")
            .WithSummary("What goes by the clock, and when it last ran.");
        api.MapGet("/services/{name}/runs", (HttpContext http, string name, ServiceEndpoints endpoints, string? limit, CancellationToken token) => endpoints.RunsAsync(http, name, token))
            .Produces<IReadOnlyList<RunShown>>().Refuses(400).Needs(ApiScopes.Read, allTenants: true).WithName("ListServiceRuns")
            .WithSummary("The latest runs of a service that did something or failed.").WithDescription("limit: 1 to 200, default 50.");
    }

    private async Task<IResult> ListAsync(CancellationToken cancellationToken) => TypedResults.Ok<IReadOnlyList<ServiceShown>>(
        [.. (await store.ServicesAsync(cancellationToken)).Select(service => new ServiceShown(service.Service, service.LastRun is { } run ? RunShown.Of(run) : null))]);

    private async Task<IResult> RunsAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        var limit = new Query(http.Request, "limit").Number("limit", 1, MaxLimit) ?? DefaultLimit;
        var runs = await store.RunsAsync(RouteNames.Check("name", name), limit, cancellationToken);
        return TypedResults.Ok<IReadOnlyList<RunShown>>([.. runs.Select(RunShown.Of)]);
    }
}
