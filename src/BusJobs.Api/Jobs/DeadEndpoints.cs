using BusJobs.Api.Access;
using BusJobs.Api.Letters;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Jobs;

/// <summary>Which dead jobs to discard, oldest first.</summary>
public record DiscardRequest
{
    public string? Kind { get; init; }
    public string? Queue { get; init; }
    public string? Tenant { get; init; }

    /// <summary>Only the group of this fingerprint, of <c>GET /api/dead/groups</c>.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>True for all dead jobs; needed when nothing else says which.</summary>
    public bool? All { get; init; }

    /// <summary>At most so many, 1 to 10,000. Default: 1,000.</summary>
    public int? Limit { get; init; }

    /// <summary>True to count them only.</summary>
    public bool? DryRun { get; init; }
}

/// <summary>Which dead jobs to give a new series of attempts, oldest first.</summary>
public sealed record RedriveRequest : DiscardRequest
{
    /// <summary>True for jobs that were discarded in place of dead ones: takes the discard back. Default: false.</summary>
    public bool? Discarded { get; init; }
}

/// <param name="Jobs">How many were made ready, or would be.</param>
/// <param name="KeyTaken">How many stay as they are, because another job with their unique key waits or runs; a dry run does not look.</param>
/// <param name="More">Whether the limit was reached, so that there may be more.</param>
public sealed record RedriveAnswer(int Jobs, int KeyTaken, bool More, bool DryRun);

/// <param name="Jobs">How many were discarded, or would be.</param>
/// <param name="More">Whether the limit was reached, so that there may be more.</param>
public sealed record DiscardAnswer(int Jobs, bool More, bool DryRun);

/// <summary>Redrives or discards dead jobs by filter.</summary>
internal sealed class DeadEndpoints(ILedger ledger, Deaths deaths, Actions actions)
{
    private const string Repeat = "With dryRun, they are only counted. Repeat it while there are more.";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/jobs/redrive", (HttpContext http, DeadEndpoints dead, CancellationToken token) => dead.RedriveAsync(http, token))
            .Accepts<RedriveRequest>("application/json").Produces<RedriveAnswer>().Refuses(400, 413, 415).Needs(ApiScopes.Operate).WithMetadata(new RecordsItself()).WithName("RedriveJobs")
            .WithSummary("Give dead jobs a new series of attempts.").WithDescription($"{Repeat} With discarded, it brings back jobs that were discarded.");
        api.MapPost("/jobs/discard", (HttpContext http, DeadEndpoints dead, CancellationToken token) => dead.DiscardAsync(http, token))
            .Accepts<DiscardRequest>("application/json").Produces<DiscardAnswer>().Refuses(400, 413, 415).Needs(ApiScopes.Operate).WithMetadata(new RecordsItself()).WithName("DiscardJobs")
            .WithSummary("Give dead jobs up.")
            .WithDescription($"{Repeat} A discarded job is cancelled and says by whom; until the cleanup removes it, it can be listed (discarded=true) and redriven.");
    }

    private async Task<IResult> RedriveAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var asked = await DeadQuery.ReadAsync(http, deaths, orDiscarded: true, cancellationToken);
        if (asked.IsDry)
        {
            var jobs = await ledger.CountDeadAsync(asked.Filter, cancellationToken);
            return TypedResults.Ok(new RedriveAnswer(jobs, KeyTaken: 0, jobs == asked.Filter.Limit, DryRun: true));
        }

        var report = await actions.RedriveAsync(http.User, asked.Filter, asked.Target, cancellationToken);
        return TypedResults.Ok(new RedriveAnswer(report.Ready, report.KeyTaken, report.Ready + report.KeyTaken >= asked.Filter.Limit, DryRun: false));
    }

    private async Task<IResult> DiscardAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var asked = await DeadQuery.ReadAsync(http, deaths, orDiscarded: false, cancellationToken);
        var jobs = asked.IsDry
            ? await ledger.CountDeadAsync(asked.Filter, cancellationToken)
            : await actions.DiscardAsync(http.User, asked.Filter, asked.Target, cancellationToken);
        return TypedResults.Ok(new DiscardAnswer(jobs, jobs >= asked.Filter.Limit, asked.IsDry));
    }
}
