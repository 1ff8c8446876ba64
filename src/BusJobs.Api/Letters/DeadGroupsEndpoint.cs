using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Letters;

/// <param name="Fingerprint">16 hexadecimal digits, for a redrive of the group.</param>
/// <param name="Error">The type of the exception with its top frames; without frames, the first line with what varies in it taken out.</param>
/// <param name="Sample">The first line of the newest reason, without what looks like a secret.</param>
/// <param name="Newest">The job that died last.</param>
/// <param name="Tenants">Those with most of the jobs, up to 10.</param>
public sealed record DeadGroupView(
    string Fingerprint, string Kind, string Error, IReadOnlyList<string> Frames, int Jobs, IReadOnlyList<string> Tenants, DateTimeOffset FirstSeen, DateTimeOffset LastSeen,
    Guid Newest, string Sample)
{
    private const int MostTenants = 10;

    internal static DeadGroupView Of(DeadGroup group) => new(
        group.Fingerprint.Key, group.Fingerprint.Kind, group.Fingerprint.Error, group.Fingerprint.Frames, group.Deaths.Count, [.. group.Tenants.Take(MostTenants)],
        group.FirstSeen, group.LastSeen, group.Deaths[0].Job.Id, group.Deaths[0].Line);
}

/// <param name="Groups">The group with the newest death first.</param>
/// <param name="Looked">How many of the newest dead jobs were looked at.</param>
/// <param name="More">Whether there may be more dead jobs than those.</param>
public sealed record DeadGroupList(IReadOnlyList<DeadGroupView> Groups, int Looked, bool More);

/// <summary>Tells programs what the page of dead letters tells people.</summary>
internal static class DeadGroupsEndpoint
{
    public static void Map(IEndpointRouteBuilder api) => api
        .MapGet("/dead/groups", (HttpContext http, Deaths deaths, string? kind, CancellationToken token) => ListAsync(http, deaths, token))
        .Produces<DeadGroupList>().Refuses(400).Needs(ApiScopes.Read).WithName("ListDeadGroups").WithSummary("Dead jobs by what they died of.")
        .WithDescription($"Of the newest {Deaths.Most:N0} dead jobs. A group is redriven by its fingerprint.");

    private static async Task<IResult> ListAsync(HttpContext http, Deaths deaths, CancellationToken cancellationToken)
    {
        var kind = new Query(http.Request, "kind").Name("kind");
        var (found, looked) = await deaths.GroupsAsync(http.User.Tenant, kind, cancellationToken);
        return TypedResults.Ok(new DeadGroupList([.. found.Select(DeadGroupView.Of)], looked, looked == Deaths.Most));
    }
}
