using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Api.Letters;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Jobs;

/// <summary>Which dead jobs a request concerns, and whether they are only to be counted.</summary>
/// <param name="Target">Which jobs these are, for people.</param>
internal sealed record DeadQuery(DeadFilter Filter, string Target, bool IsDry)
{
    private const int DefaultLimit = 1_000;
    private const int MaxLimit = 10_000;

    /// <param name="orDiscarded">Whether the request may ask for discarded jobs in place of dead ones.</param>
    /// <exception cref="InputException">The body is not allowed, or says nothing.</exception>
    public static async Task<DeadQuery> ReadAsync(HttpContext http, Deaths deaths, bool orDiscarded, CancellationToken cancellationToken)
    {
        var body = await Body.ReadAsync(http.Request, Body.SmallBytes, cancellationToken);
        var fields = new Fields(body.RootElement, "", ["kind", "queue", "tenant", "fingerprint", "all", "limit", "dryRun", .. orDiscarded ? (string[])["discarded"] : []]);
        var discarded = fields.Flag("discarded") == true;
        var (filter, fingerprint) = (ReadFilter(http, fields) with { Discarded = discarded }, fields.Text("fingerprint"));
        if (discarded && fingerprint is not null)
        {
            throw new InputException(fields.At("fingerprint"), "Groups are of dead jobs: say which discarded ones by kind, queue, tenant, or \"all\": true.");
        }

        var chosen = await OfGroupAsync(http, deaths, filter, fingerprint, cancellationToken);
        return new DeadQuery(chosen, fingerprint is null ? discarded ? "discarded jobs" : "dead jobs" : $"fingerprint {fingerprint}", fields.Flag("dryRun") ?? false);
    }

    private static async Task<DeadFilter> OfGroupAsync(HttpContext http, Deaths deaths, DeadFilter filter, string? fingerprint, CancellationToken cancellationToken) =>
        fingerprint is null
            ? filter
            : filter with { JobIds = [.. OldestOf(await deaths.FindAsync(fingerprint, http.User.Tenant, cancellationToken), filter)] };

    /// <summary>By ids, all of them are taken, so what the filter leaves out is left out here.</summary>
    private static IEnumerable<Guid> OldestOf(DeadGroup? group, DeadFilter filter) => (group?.Deaths ?? []).Reverse().Select(death => death.Job)
        .Where(job => (filter.Kind ?? job.Kind) == job.Kind && (filter.Queue ?? job.Queue) == job.Queue && (filter.Tenant ?? job.Tenant) == job.Tenant)
        .Take(filter.Limit).Select(job => job.Id);

    private static DeadFilter ReadFilter(HttpContext http, Fields fields)
    {
        var filter = new DeadFilter(
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
