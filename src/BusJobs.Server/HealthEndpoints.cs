using BusJobs.Coordinator;
using BusJobs.Server.Reindex;
using BusJobs.Worker;

namespace BusJobs.Server;

/// <summary>
/// <c>/health/live</c> is 503 when only a new process can help, which includes a consumer that died without a word;
/// <c>/health/ready</c> is 503 while work cannot flow through this process, with the reasons.
/// </summary>
internal static class HealthEndpoints
{
    private sealed record Answer(string Status, IReadOnlyList<string> Reasons);

    extension(IEndpointRouteBuilder endpoints)
    {
        public void MapHealth()
        {
            endpoints.MapGet("/health/live", (IServiceProvider services) => Tell("live", NotLive(services))).AllowAnonymous();
            endpoints.MapGet("/health/ready", (IServiceProvider services) => Tell("ready", NotReady(services))).AllowAnonymous();
        }
    }

    private static IResult Tell(string good, IReadOnlyList<string> reasons) => reasons.Count == 0
        ? TypedResults.Json(new Answer(good, reasons))
        : TypedResults.Json(new Answer($"not {good}", reasons), statusCode: StatusCodes.Status503ServiceUnavailable);

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
