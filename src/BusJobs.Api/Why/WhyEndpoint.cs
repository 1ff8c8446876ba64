using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Api.Jobs;
using BusJobs.Api.Time;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Why;

/// <summary>Tells why a job is not running, or a schedule not firing.</summary>
internal static class WhyEndpoint
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs/{id}/why", TellAsync)
            .Produces<WhyView>().Refuses(400, 404).Needs(ApiScopes.Read).WithName("WhyJob").WithSummary("Why a job is not running, or what became of it.");
        api.MapGet("/schedules/{id}/why", TellScheduleAsync)
            .Produces<ScheduleWhyView>().Refuses(400, 404).Needs(ApiScopes.Read).WithName("WhySchedule").WithSummary("Why a schedule is not firing.");
    }

    private static async Task<IResult> TellAsync(HttpContext http, string id, JobEndpoints jobs, Diagnosis diagnosis, CancellationToken cancellationToken)
    {
        var jobId = JobEndpoints.Id(id);
        return await jobs.OwnAsync(http, jobId, cancellationToken) is { } job
            ? TypedResults.Ok(await diagnosis.OfAsync(job, cancellationToken))
            : Problems.NotFound(jobId);
    }

    private static async Task<IResult> TellScheduleAsync(HttpContext http, string id, Schedules schedules, ScheduleDiagnosis diagnosis, CancellationToken cancellationToken)
    {
        var own = schedules.Within(http.User.Tenant);
        return await own.FindAsync(RouteNames.Check("id", id), cancellationToken) is { } schedule
            ? TypedResults.Ok(await diagnosis.OfAsync(own, schedule, cancellationToken))
            : ScheduleEndpoints.NotFound(id);
    }
}
