using System.Text.Json;
using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Jobs;

/// <summary>One job: see it, cancel it, retry it, discard it. A job of another tenant than the caller's is not there.</summary>
internal sealed class JobEndpoints(ILedger ledger, Actions actions)
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs/{id}", (HttpContext http, string id, JobEndpoints jobs, CancellationToken token) => jobs.FindAsync(http, id, token))
            .Produces<JobView>().Refuses(400, 404).Needs(ApiScopes.Read).WithName("GetJob").WithSummary("A job with its payload and its attempts.");
        api.MapPost("/jobs/{id}/cancel", (HttpContext http, string id, JobEndpoints jobs, CancellationToken token) => jobs.CancelAsync(http, id, token))
            .Produces<JobChanged>().Produces<JobChanged>(202).Refuses(400, 404, 409).Needs(ApiScopes.Operate).WithMetadata(new RecordsItself()).WithName("CancelJob")
            .WithSummary("Cancel a job.")
            .WithDescription("200: it will never start. 202: it is running, and its handler is asked to stop. 409: it had ended.");
        api.MapPost("/jobs/{id}/retry", (HttpContext http, string id, JobEndpoints jobs, CancellationToken token) => jobs.RetryAsync(http, id, token))
            .Produces<JobChanged>().Refuses(400, 404, 409).Needs(ApiScopes.Operate).WithMetadata(new RecordsItself()).WithName("RetryJob")
            .WithSummary("Give a dead or discarded job a new series of attempts.").WithDescription("409: it is neither, or another job has its unique key.");
        api.MapPost("/jobs/{id}/discard", (HttpContext http, string id, JobEndpoints jobs, CancellationToken token) => jobs.DiscardAsync(http, id, token))
            .Produces<JobChanged>().Refuses(400, 404, 409).Needs(ApiScopes.Operate).WithMetadata(new RecordsItself()).WithName("DiscardJob")
            .WithSummary("Give a dead job up.").WithDescription("It is cancelled, says by whom, and can be retried until the cleanup removes it. 409: it is not dead.");
        api.MapPut("/jobs/{id}/payload", (HttpContext http, string id, JobEndpoints jobs, CancellationToken token) => jobs.AmendAsync(http, id, token))
            .Accepts<JsonElement>("application/json").Produces<JobChanged>().Refuses(400, 404, 409, 413, 415).Needs(ApiScopes.Operate).WithMetadata(new RecordsItself()).WithName("AmendJob")
            .WithSummary("Give a dead job another payload.").WithDescription("The body is the payload. What GET has masked may stay so: it is kept. The job stays dead until it is retried. 409: it is not dead.");
    }

    private async Task<IResult> FindAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var jobId = Id(id);
        return await OwnAsync(http, jobId, cancellationToken) is { } job ? TypedResults.Ok(JobView.Of(job, http.User.May(ApiScopes.Admin), http.User.Tenant)) : Problems.NotFound(jobId);
    }

    private async Task<IResult> CancelAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var jobId = Id(id);
        if (await OwnAsync(http, jobId, cancellationToken) is null)
        {
            return Problems.NotFound(jobId);
        }

        return await actions.CancelAsync(http.User, jobId, cancellationToken) switch
        {
            CancelResult.Cancelled => TypedResults.Ok(new JobChanged(jobId, LedgerState.Cancelled.Word)),
            CancelResult.Requested => TypedResults.Accepted($"/api/jobs/{jobId}", new JobChanged(jobId, LedgerState.Dispatched.Word)),
            CancelResult.AlreadyEnded => Problems.Refused(StatusCodes.Status409Conflict, $"Job {jobId} had ended before; nothing was changed."),
            _ => Problems.NotFound(jobId),
        };
    }

    private async Task<IResult> RetryAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var jobId = Id(id);
        if (await OwnAsync(http, jobId, cancellationToken) is not { } job)
        {
            return Problems.NotFound(jobId);
        }

        var report = await actions.RedriveAsync(http.User, OnlyOne(job), jobId.ToString(), cancellationToken);
        return report.Ready == 1
            ? TypedResults.Ok(new JobChanged(jobId, LedgerState.Ready.Word))
            : report.KeyTaken == 1
                ? Problems.Refused(StatusCodes.Status409Conflict, $"Job {jobId} stays {Standing(job)}: another job with its unique key waits or runs.")
                : await RefusedAsync(http, jobId, "only a dead or discarded one is retried", cancellationToken);
    }

    private async Task<IResult> DiscardAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var jobId = Id(id);
        return await actions.DiscardAsync(http.User, new DeadFilter(jobId, Tenant: http.User.Tenant), jobId.ToString(), cancellationToken) == 1
            ? TypedResults.Ok(new JobChanged(jobId, LedgerState.Cancelled.Word))
            : await RefusedAsync(http, jobId, "only a dead one is discarded", cancellationToken);
    }

    /// <summary>Says what the job is, as it is by now.</summary>
    private async Task<IResult> RefusedAsync(HttpContext http, Guid jobId, string rule, CancellationToken cancellationToken) =>
        await OwnAsync(http, jobId, cancellationToken) is { } job
            ? Problems.Refused(StatusCodes.Status409Conflict, $"Job {jobId} is {Standing(job)}: {rule}.")
            : Problems.NotFound(jobId);

    /// <summary>The job alone, to be redriven from where it stands.</summary>
    public static DeadFilter OnlyOne(JobRecord job) => new(job.Id, Tenant: job.Tenant) { Discarded = job.DiscardedBy is not null };

    private static string Standing(JobRecord job) => job.DiscardedBy is { } by ? $"discarded by {by}" : job.State.Word;

    private async Task<IResult> AmendAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var jobId = Id(id);
        var body = await Body.ReadAsync(http.Request, Limits.MaxPayloadBytes, cancellationToken);
        if (await OwnAsync(http, jobId, cancellationToken) is not { } job)
        {
            return Problems.NotFound(jobId);
        }

        var payload = body.RootElement.GetRawText();
        var restored = PayloadMask.Restore(payload, job.Payload);
        return await actions.AmendAsync(http.User, jobId, restored.WasMasked ? restored.Text : payload, cancellationToken)
            ? TypedResults.Ok(new JobChanged(jobId, LedgerState.Dead.Word))
            : Problems.Refused(StatusCodes.Status409Conflict, $"Job {jobId} is {job.State.Word}: only a dead one is given another payload.");
    }

    public async Task<JobRecord?> OwnAsync(HttpContext http, Guid id, CancellationToken cancellationToken) =>
        await ledger.FindAsync(id, cancellationToken) is { } job && (http.User.Tenant is not { } tenant || job.Tenant == tenant) ? job : null;

    public static Guid Id(string text) => Guid.TryParseExact(text, "D", out var id)
        ? id
        : throw InputException.Refused(new Place(Parameter: "id"), "id", text, "a UUID");
}
