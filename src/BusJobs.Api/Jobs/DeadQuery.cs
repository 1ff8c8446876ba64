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

    /// <summary>What says which dead jobs are meant.</summary>
    private static readonly string[] Choices = ["kind", "queue", "tenant", "fingerprint"];

    /// <param name="orDiscarded">Whether the request may ask for discarded jobs in place of dead ones.</param>
    /// <exception cref="InputException">The body is not allowed, and all that is wrong is named; or it says nothing.</exception>
    public static async Task<DeadQuery> ReadAsync(HttpContext http, Deaths deaths, bool orDiscarded, CancellationToken cancellationToken)
    {
        var body = await Body.ReadAsync(http.Request, Body.SmallBytes, cancellationToken);
        var fields = new Fields(body.RootElement, "", [.. Choices, "all", "limit", "dryRun", .. orDiscarded ? (string[])["discarded"] : []]);
        var (filter, fingerprint, isDry) = Read(http, fields);
        if (filter.Discarded && fingerprint is not null)
        {
            throw new InputException(fields.At("fingerprint"), "Groups are of dead jobs: say which discarded ones by kind, queue, tenant, or \"all\": true.");
        }

        var chosen = await OfGroupAsync(http, deaths, filter, fingerprint, cancellationToken);
        return new DeadQuery(chosen, fingerprint is null ? filter.Discarded ? "discarded jobs" : "dead jobs" : $"fingerprint {fingerprint}", isDry);
    }

    private static (DeadFilter Filter, string? Fingerprint, bool IsDry) Read(HttpContext http, Fields fields)
    {
        var faults = new Faults();
        var (kind, queue) = (faults.Read(() => fields.Name("kind")), faults.Read(() => fields.Name("queue")));
        var (tenant, fingerprint) = (faults.Read(() => FilterQuery.Tenant(http, fields)), faults.Read(() => fields.Text("fingerprint")));
        var (all, limit) = (faults.Read(() => fields.Flag("all")), faults.Read(() => fields.Number("limit", 1, MaxLimit)) ?? DefaultLimit);
        var (isDry, discarded) = (faults.Read(() => fields.Flag("dryRun")) == true, faults.Read(() => fields.Flag("discarded")) == true);
        faults.Throw();
        return all == true || Choices.Any(name => fields.Raw(name) is not null)
            ? (new DeadFilter(Kind: kind, Queue: queue, Tenant: tenant, Limit: limit) { Discarded = discarded }, fingerprint, isDry)
            : throw new InputException(new Place(""), "Say which dead jobs: a kind, a queue, a tenant, a fingerprint, or \"all\": true.");
    }

    private static async Task<DeadFilter> OfGroupAsync(HttpContext http, Deaths deaths, DeadFilter filter, string? fingerprint, CancellationToken cancellationToken) =>
        fingerprint is null
            ? filter
            : filter with { JobIds = [.. OldestOf(await deaths.FindAsync(fingerprint, http.User.Tenant, cancellationToken), filter)] };

    /// <summary>By ids, all of them are taken, so what the filter leaves out is left out here.</summary>
    private static IEnumerable<Guid> OldestOf(DeadGroup? group, DeadFilter filter) => (group?.Deaths ?? []).Reverse().Select(death => death.Job)
        .Where(job => (filter.Kind ?? job.Kind) == job.Kind && (filter.Queue ?? job.Queue) == job.Queue && (filter.Tenant ?? job.Tenant) == job.Tenant)
        .Take(filter.Limit).Select(job => job.Id);
}
