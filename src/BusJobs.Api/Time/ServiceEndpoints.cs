using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Ledger.Upkeep;
using BusJobs.Scheduling.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Time;

/// <param name="LastRun">Null when it has not run yet.</param>
public sealed record ServiceShown(string Name, RunShown? LastRun);

/// <param name="Did">What it did; null when there was nothing to do.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record RunShown(DateTimeOffset StartedAt, double TookSeconds, string? Did, string? Error)
{
    internal static RunShown Of(ServiceRun run) => new(run.StartedAt, run.Took.TotalSeconds, run.Did, run.Error);
}

/// <summary>The services that go by the clock: what each did last in the whole cluster, and before; and one more run of it.</summary>
internal sealed class ServiceEndpoints(IUpkeepStore store, IEnumerable<TimedService> services, TimeProvider clock, ILogger<ServiceEndpoints> logger)
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
        api.MapPost("/services/{name}/runs", (HttpContext http, string name, ServiceEndpoints endpoints, CancellationToken token) => endpoints.RunAsync(http, name, token))
            .Produces<RunShown>().Refuses(400, 404, 409).Needs(ApiScopes.Operate, allTenants: true).WithName("RunService")
            .WithSummary("Let a service do now what is due.")
            .WithDescription("It answers when the run is over; one that is given up ends after the batch it is at. 404: this process has no such service. 409: another process runs it at this moment.");
    }

    private async Task<IResult> ListAsync(CancellationToken cancellationToken) => TypedResults.Ok<IReadOnlyList<ServiceShown>>(
        [.. (await store.ServicesAsync(cancellationToken)).Select(service => new ServiceShown(service.Service, service.LastRun is { } run ? RunShown.Of(run) : null))]);

    private async Task<IResult> RunsAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        var limit = new Query(http.Request, "limit").Number("limit", 1, MaxLimit) ?? DefaultLimit;
        var runs = await store.RunsAsync(RouteNames.Check("name", name), limit, cancellationToken);
        return TypedResults.Ok<IReadOnlyList<RunShown>>([.. runs.Select(RunShown.Of)]);
    }

    private async Task<IResult> RunAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        RouteNames.Check("name", name);
        if (services.FirstOrDefault(one => one.Name == name) is not { } service)
        {
            var own = services.Any() ? $"it has {string.Join(", ", services.Select(one => one.Name).Order(StringComparer.Ordinal))}" : "it has none";
            return Problems.Refused(StatusCodes.Status404NotFound, $"This process has no service '{name}' that goes by the clock: {own}.");
        }

        var (startedAt, start) = (clock.GetUtcNow(), clock.GetTimestamp());
        if (await service.RunOnceAsync(cancellationToken) is not { } report)
        {
            return Problems.Refused(StatusCodes.Status409Conflict, $"Another process runs the service '{name}' at this moment.");
        }

        logger.ServiceRun(name, http.User.KeyName);
        return TypedResults.Ok(new RunShown(startedAt, clock.GetElapsedTime(start).TotalSeconds, report.Did, report.Error));
    }
}
