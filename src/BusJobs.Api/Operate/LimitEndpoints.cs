using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Operate;

/// <summary>How a kind or a tenant is held back once its jobs are in. Members that are left out hold nothing back.</summary>
public sealed record DispatchLimitRequest
{
    /// <summary>Most of its jobs that run at once, 1 to 1,000,000.</summary>
    public int? MaxRunning { get; init; }

    public RateRequest? Rate { get; init; }

    /// <summary>A tenant's share beside others, 1 to 100. Default: 1.</summary>
    public int? Weight { get; init; }
}

/// <param name="Starts">1 to 1,000,000.</param>
/// <param name="Per">1s to 1d.</param>
public sealed record RateRequest(int Starts, string Per);

/// <param name="Jobs">1 to 100,000,000.</param>
/// <param name="Tenant">Only per minute: the tenant that this is for. Default: each that has none of its own.</param>
public sealed record DoorLimitRequest(int Jobs, string? Tenant);

/// <param name="Scope">kind or tenant.</param>
/// <param name="Name">Of the kind or tenant, or <c>*</c> for each that has no limit of its own.</param>
/// <param name="PerSeconds">The time in which at most MaxStarts may start.</param>
public sealed record DispatchLimitView(string Scope, string Name, int? MaxRunning, int? MaxStarts, double? PerSeconds, int? Weight);

/// <param name="Rule">perMinute (of a kind) or depth (of a queue).</param>
public sealed record DoorLimitView(string Rule, string Name, string? Tenant, int Jobs);

/// <param name="Dispatch">What may start.</param>
/// <param name="Door">What is let in.</param>
public sealed record LimitsView(IReadOnlyList<DispatchLimitView> Dispatch, IReadOnlyList<DoorLimitView> Door);

/// <summary>Sets and lifts limits while everything runs: of kinds and tenants at dispatch, of kinds and queues at the door.</summary>
internal static class LimitEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/limits", ListAsync).Produces<LimitsView>().Refuses()
            .Needs(ApiScopes.Read, allTenants: true).WithName("ListLimits").WithSummary("All limits, at dispatch and at the door.");
        foreach (var scope in Enum.GetValues<LimitScope>())
        {
            Changing(api.MapPut($"/limits/{scope.Word}s/{{name}}", (HttpContext http, string name, ILedger ledger, CancellationToken token) => SetAsync(scope, name, http, ledger, token)))
                .Accepts<DispatchLimitRequest>("application/json").WithName($"Limit{scope}")
                .WithSummary($"Set how many jobs of a {scope.Word} run at once or start in a while.").WithDescription($"The name * stands for each {scope.Word} that has no limit of its own.");
            Changing(api.MapDelete($"/limits/{scope.Word}s/{{name}}", (string name, ILedger ledger, CancellationToken token) => LiftAsync(scope, name, ledger, token)))
                .WithName($"Unlimit{scope}").WithSummary($"Take the limit of a {scope.Word} away.");
        }

        foreach (var (rule, path) in new[] { (DoorRule.PerMinute, "per-minute/{kind}"), (DoorRule.Depth, "depth/{queue}") })
        {
            Changing(api.MapPut($"/limits/{path}", (HttpContext http, ILedger ledger, CancellationToken token) => SetAtDoorAsync(rule, http, ledger, token)))
                .Accepts<DoorLimitRequest>("application/json").WithName($"LimitAtDoor{rule}")
                .WithSummary(rule == DoorRule.Depth ? "Set how many ready jobs a queue may hold." : "Set how many jobs of a kind each tenant, or one, may enqueue in any 60 seconds.");
            Changing(api.MapDelete($"/limits/{path}", (HttpContext http, ILedger ledger, CancellationToken token) => LiftAtDoorAsync(rule, http, ledger, token)))
                .WithName($"UnlimitAtDoor{rule}").WithSummary("Take the limit away.");
        }
    }

    private static RouteHandlerBuilder Changing(RouteHandlerBuilder route) =>
        route.Produces(StatusCodes.Status204NoContent).Refuses(400, 413, 415).Needs(ApiScopes.Operate, allTenants: true);

    private static async Task<IResult> ListAsync(ILedger ledger, CancellationToken cancellationToken) => TypedResults.Ok(new LimitsView(
        [
            .. (await ledger.LimitsAsync(cancellationToken)).Select(limit => new DispatchLimitView(
                limit.Scope.Word, limit.Name, limit.MaxRunning, limit.Rate?.Starts, limit.Rate?.Per.TotalSeconds, limit.Weight)),
        ],
        [
            .. (await ledger.DoorLimitsAsync(cancellationToken)).Where(limit => limit.Jobs is not null)
                .Select(limit => new DoorLimitView(limit.Rule.Word, limit.Name, limit.Tenant, limit.Jobs!.Value)),
        ]));

    private static async Task<IResult> SetAsync(LimitScope scope, string name, HttpContext http, ILedger ledger, CancellationToken cancellationToken)
    {
        var body = await Body.ReadAsync(http.Request, Body.SmallBytes, cancellationToken);
        var fields = new Fields(body.RootElement, "", "maxRunning", "rate", "weight");
        var limit = new DispatchLimit(scope, NameOf(name))
        {
            MaxRunning = fields.Number("maxRunning", 1, DispatchLimit.MostRunning),
            Rate = RateOf(fields),
            Weight = fields.Number("weight", 1, DispatchLimit.MaxWeight),
        };
        if (limit is { MaxRunning: null, Rate: null, Weight: null })
        {
            throw InputException.Refused(new Place(""), "The body", "{}", "one of maxRunning, rate, weight; to take a limit away, DELETE it");
        }

        await ledger.SetLimitAsync(limit, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> LiftAsync(LimitScope scope, string name, ILedger ledger, CancellationToken cancellationToken)
    {
        await ledger.SetLimitAsync(new DispatchLimit(scope, NameOf(name)), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> SetAtDoorAsync(DoorRule rule, HttpContext http, ILedger ledger, CancellationToken cancellationToken)
    {
        var body = await Body.ReadAsync(http.Request, Body.SmallBytes, cancellationToken);
        var fields = rule == DoorRule.PerMinute ? new Fields(body.RootElement, "", "jobs", "tenant") : new Fields(body.RootElement, "", "jobs");
        var jobs = fields.Number("jobs", 1, DoorLimit.MaxJobs) ?? throw InputException.Refused(fields.At("jobs"), "jobs", value: null, $"1 to {DoorLimit.MaxJobs:N0}");
        await ledger.SetDoorLimitAsync(new DoorLimit { Rule = rule, Name = DoorName(http), Tenant = fields.Name("tenant"), Jobs = jobs }, declared: false, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> LiftAtDoorAsync(DoorRule rule, HttpContext http, ILedger ledger, CancellationToken cancellationToken)
    {
        var query = rule == DoorRule.PerMinute ? new Query(http.Request, "tenant") : new Query(http.Request);
        await ledger.SetDoorLimitAsync(new DoorLimit { Rule = rule, Name = DoorName(http), Tenant = query.Name("tenant"), Jobs = null }, declared: false, cancellationToken);
        return TypedResults.NoContent();
    }

    private static Rate? RateOf(Fields limit)
    {
        if (limit.Raw("rate") is not { } element)
        {
            return null;
        }

        var fields = new Fields(element, "/rate", "starts", "per");
        var starts = fields.Number("starts", 1, Rate.MaxStarts) ?? throw InputException.Refused(fields.At("starts"), "starts", value: null, $"1 to {Rate.MaxStarts:N0}");
        var per = fields.Duration("per") ?? throw InputException.Refused(fields.At("per"), "per", value: null, "1s to 1d");
        return new Rate(starts, per);
    }

    private static string NameOf(string name) => name == DispatchLimit.Each ? name : RouteNames.Check("name", name);

    private static string DoorName(HttpContext http)
    {
        var (parameter, name) = http.Request.RouteValues.Single();
        return RouteNames.Check(parameter, (string)name!);
    }

}
