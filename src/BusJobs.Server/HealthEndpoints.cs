using BusJobs.Coordinator;
using BusJobs.Scheduling.Services;
using BusJobs.Server.Reindex;
using BusJobs.Worker;

namespace BusJobs.Server;

/// <summary>
/// <c>/health/live</c> is 503 when only a new process can help, which includes a consumer that died without a word;
/// <c>/health/ready</c> is 503 while work cannot flow through this process, with the reasons.
/// </summary>
internal static class HealthEndpoints
{
    /// <param name="Services">When each service that goes by the clock last ran in this process.</param>
    private sealed record Answer(string Status, IReadOnlyList<string> Reasons, IReadOnlyDictionary<string, DateTimeOffset?> Services);

    extension(IEndpointRouteBuilder endpoints)
    {
        public void MapHealth()
        {
            endpoints.MapGet("/health/live", (IServiceProvider services) => Tell("live", NotLive(services), services)).AllowAnonymous();
            endpoints.MapGet("/health/ready", (IServiceProvider services) => Tell("ready", NotReady(services), services)).AllowAnonymous();
        }
    }

    private static IResult Tell(string good, IReadOnlyList<string> reasons, IServiceProvider services) => reasons.Count == 0
        ? TypedResults.Json(new Answer(good, reasons, LastRuns(services)))
        : TypedResults.Json(new Answer($"not {good}", reasons, LastRuns(services)), statusCode: StatusCodes.Status503ServiceUnavailable);

    private static Dictionary<string, DateTimeOffset?> LastRuns(IServiceProvider services)
    {
        var runs = services.GetServices<TimedService>().ToDictionary(service => service.Name, service => service.LastRunAt, StringComparer.Ordinal);
        if (services.GetService<CoordinatorHealth>() is { } coordinator)
        {
            runs[CoordinatorHealth.SignOfLife] = coordinator.LastReclaimAt;
        }

        return runs;
    }

    private static List<string> NotLive(IServiceProvider services) =>
    [
        .. new[] { services.GetService<CoordinatorHealth>()?.NotLive(), services.GetService<WorkerHealth>()?.NotLiveReason }.OfType<string>(),
    ];

    private static List<string> NotReady(IServiceProvider services) =>
    [
        .. services.GetRequiredService<ForgeIndexGate>().IsOpen ? [] : new[] { "waiting for the search index's database" },
        .. services.GetService<CoordinatorHealth>()?.NotReady() ?? [],
        .. services.GetService<WorkerHealth>()?.NotReadyReasons ?? [],
    ];
}
