using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Api.Letters;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Jobs;

/// <summary>Which dead jobs to give a new series of attempts, oldest first.</summary>
public sealed record RedriveRequest
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

/// <param name="Jobs">How many were made ready, or would be.</param>
/// <param name="KeyTaken">How many stay dead, because another job with their unique key waits or runs; a dry run does not look.</param>
/// <param name="More">Whether the limit was reached, so that there may be more.</param>
public sealed record RedriveAnswer(int Jobs, int KeyTaken, bool More, bool DryRun);

/// <summary>Redrives dead jobs by filter.</summary>
internal sealed class RedriveEndpoint(ILedger ledger, Deaths deaths, Actions actions)
{
    private const int DefaultLimit = 1_000;
    private const int MaxLimit = 10_000;

    public static void Map(IEndpointRouteBuilder api) => api
        .MapPost("/jobs/redrive", (HttpContext http, RedriveEndpoint redrive, CancellationToken token) => redrive.RedriveAsync(http, token))
        .Accepts<RedriveRequest>("application/json").Produces<RedriveAnswer>().Refuses(400, 413, 415).Needs(ApiScopes.Operate).WithMetadata(new RecordsItself()).WithName("RedriveJobs")
        .WithSummary("Give dead jobs a new series of attempts.").WithDescription("With dryRun, they are only counted. Repeat it while there are more.");

    private async Task<IResult> RedriveAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var body = await Body.ReadAsync(http.Request, Body.SmallBytes, cancellationToken);
        var fields = new Fields(body.RootElement, "", "kind", "queue", "tenant", "fingerprint", "all", "limit", "dryRun");
        var filter = await OfGroupAsync(http, Filter(http, fields), fields.Text("fingerprint"), cancellationToken);
        var isDry = fields.Flag("dryRun") ?? false;
        if (isDry)
        {
            var dead = await ledger.CountDeadAsync(filter, cancellationToken);
            return TypedResults.Ok(new RedriveAnswer(dead, KeyTaken: 0, dead == filter.Limit, isDry));
        }

        var report = await actions.RedriveAsync(http.User, filter, fields.Text("fingerprint") is { } name ? $"fingerprint {name}" : "dead jobs", cancellationToken);
        return TypedResults.Ok(new RedriveAnswer(report.Ready, report.KeyTaken, report.Ready + report.KeyTaken >= filter.Limit, isDry));
    }

    private async Task<RedriveFilter> OfGroupAsync(HttpContext http, RedriveFilter filter, string? fingerprint, CancellationToken cancellationToken) => fingerprint is null
        ? filter
        : filter with { JobIds = [.. OldestOf(await deaths.FindAsync(fingerprint, http.User.Tenant, cancellationToken), filter)] };

    /// <summary>A redrive by ids takes all of them, so what the filter leaves out is left out here.</summary>
    private static IEnumerable<Guid> OldestOf(DeadGroup? group, RedriveFilter filter) => (group?.Deaths ?? []).Reverse().Select(death => death.Job)
        .Where(job => (filter.Kind ?? job.Kind) == job.Kind && (filter.Queue ?? job.Queue) == job.Queue && (filter.Tenant ?? job.Tenant) == job.Tenant)
        .Take(filter.Limit).Select(job => job.Id);

    private static RedriveFilter Filter(HttpContext http, Fields fields)
    {
        var filter = new RedriveFilter(
            Kind: fields.Name("kind"), Queue: fields.Name("queue"), Tenant: fields.Name("tenant") ?? http.User.Tenant,
            Limit: fields.Number("limit", 1, MaxLimit) ?? DefaultLimit);
        if (http.User.Tenant is { } own && filter.Tenant != own)
        {
            throw InputException.Refused(fields.At("tenant"), "tenant", filter.Tenant, $"'{own}', which this API key is bound to");
        }

        var says = fields.Raw("kind") ?? fields.Raw("queue") ?? fields.Raw("tenant") ?? fields.Raw("fingerprint");
        return says is not null || fields.Flag("all") == true
            ? filter
            : throw new InputException(new Place(""), "Say which dead jobs: a kind, a queue, a tenant, a fingerprint, or \"all\": true.");
    }
}
