using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Api.Jobs;
using BusJobs.Api.Operate;
using BusJobs.Api.Why;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Pages;

/// <param name="Payload">For people: indented, and masked unless it was asked for.</param>
public sealed record JobModel(JobRecord Job, WhyView Why, string Payload, bool IsMasked, DateTimeOffset Now)
{
    /// <summary>What was typed in place of the payload and could not be taken; null when nothing was.</summary>
    public string? Draft { get; init; }

    /// <summary>What is wrong with it.</summary>
    public string? Fault { get; init; }
}

/// <summary>One job, and what can be done to it.</summary>
internal sealed class OneJob(JobEndpoints jobs, Diagnosis diagnosis, Actions actions, TimeProvider clock)
{
    /// <summary>A form writes three characters for many a byte.</summary>
    private const int MaxFormBytes = (3 * Limits.MaxPayloadBytes) + Body.SmallBytes;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/jobs/{id}", (HttpContext http, string id, OneJob job, CancellationToken token) => job.ShowAsync(http, id, reveal: false, token)).AsPage(ApiScopes.Read);
        endpoints.MapPost("/jobs/{id}/secrets", (HttpContext http, string id, OneJob job, CancellationToken token) => job.RevealAsync(http, id, token)).AsDeed(ApiScopes.Admin);
        endpoints.MapPost("/jobs/{id}/cancel", (HttpContext http, string id, OneJob job, CancellationToken token) => job.CancelAsync(http, id, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapPost("/jobs/{id}/retry", (HttpContext http, string id, OneJob job, CancellationToken token) => job.RetryAsync(http, id, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapPost("/jobs/{id}/discard", (HttpContext http, string id, OneJob job, CancellationToken token) => job.DiscardAsync(http, id, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapPost("/jobs/{id}/amend", (HttpContext http, string id, OneJob job, CancellationToken token) => job.AmendAsync(http, id, token)).AsDeed(ApiScopes.Operate, maxBytes: MaxFormBytes);
    }

    private async Task<IResult> ShowAsync(HttpContext http, string id, bool reveal, CancellationToken cancellationToken)
    {
        if (await OwnAsync(http, id, cancellationToken) is not { } job)
        {
            return await NotThereAsync(http, id);
        }

        return await http.PageAsync<JobPage>(await ModelAsync(job, reveal, cancellationToken));
    }

    private async Task<JobModel> ModelAsync(JobRecord job, bool reveal, CancellationToken cancellationToken)
    {
        var (payload, isMasked) = PayloadMask.Show(job.Payload, reveal);
        return new JobModel(job, await diagnosis.OfAsync(job, cancellationToken), payload, isMasked, clock.GetUtcNow());
    }

    private async Task<IResult> RevealAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        if (await OwnAsync(http, id, cancellationToken) is { } job)
        {
            await actions.RecordAsync(http.User, "job.reveal", job.Id.ToString(), detail: null, "payload shown without masks");
        }

        return await ShowAsync(http, id, reveal: true, cancellationToken);
    }

    private async Task<IResult> CancelAsync(HttpContext http, string id, CancellationToken cancellationToken) =>
        await OwnAsync(http, id, cancellationToken) is not { } job
            ? await NotThereAsync(http, id)
            : http.GoTo($"/jobs/{job.Id}", await actions.CancelAsync(http.User, job.Id, cancellationToken) switch
            {
                CancelResult.Cancelled => "The job is cancelled: it will never start.",
                CancelResult.Requested => "The job runs, and its handler is asked to stop.",
                _ => "The job had ended before; nothing was changed.",
            });

    private async Task<IResult> RetryAsync(HttpContext http, string id, CancellationToken cancellationToken) =>
        await OwnAsync(http, id, cancellationToken) is { } job ? await RetriedAsync(http, job, "", cancellationToken) : await NotThereAsync(http, id);

    private async Task<IResult> DiscardAsync(HttpContext http, string id, CancellationToken cancellationToken) =>
        await OwnAsync(http, id, cancellationToken) is not { } job
            ? await NotThereAsync(http, id)
            : http.GoTo($"/jobs/{job.Id}", await actions.DiscardAsync(http.User, new DeadFilter(job.Id, Tenant: http.User.Tenant), job.Id.ToString(), cancellationToken) == 1
                ? "The job is discarded. A retry brings it back, until the cleanup removes it."
                : "Only a dead job is discarded; nothing was changed.");

    private async Task<IResult> AmendAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        if (await OwnAsync(http, id, cancellationToken) is not { } job)
        {
            return await NotThereAsync(http, id);
        }

        var typed = http.Request.Form["payload"].ToString();
        try
        {
            return await actions.AmendAsync(http.User, job.Id, PayloadMask.Restore(typed, job.Payload).Text, cancellationToken)
                ? await RetriedAsync(http, job, "The payload is saved. ", cancellationToken)
                : http.GoTo($"/jobs/{job.Id}", "Only the payload of a dead job can be edited; nothing was changed.");
        }
        catch (JobRefusedException exception)
        {
            // What somebody has typed is shown again: a comma too many must not cost the rest.
            var model = await ModelAsync(job, reveal: false, cancellationToken);
            return await http.PageAsync<JobPage>(model with { Draft = typed, Fault = exception.Message }, StatusCodes.Status400BadRequest);
        }
    }

    private async Task<IResult> RetriedAsync(HttpContext http, JobRecord job, string before, CancellationToken cancellationToken)
    {
        var report = await actions.RedriveAsync(http.User, JobEndpoints.OnlyOne(job), job.Id.ToString(), cancellationToken);
        return http.GoTo($"/jobs/{job.Id}", before + (report.Ready == 1 ? "The job has a new series of attempts."
            : report.KeyTaken == 1 ? "The job stays as it is: another job with its unique key waits or runs."
            : "Only a dead or discarded job is retried; nothing was changed."));
    }

    private Task<JobRecord?> OwnAsync(HttpContext http, string id, CancellationToken cancellationToken) => jobs.OwnAsync(http, JobEndpoints.Id(id), cancellationToken);

    private static Task<IResult> NotThereAsync(HttpContext http, string id) =>
        http.RefusedPageAsync(StatusCodes.Status404NotFound, $"There is no job {JobEndpoints.Id(id)}: it was removed after its retention, or never there.");
}
