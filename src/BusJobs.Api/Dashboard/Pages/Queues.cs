using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Pages;

public sealed record QueuesModel(
    IReadOnlyList<QueueView> Queues, IReadOnlyList<Pause> Pauses, IReadOnlyList<DispatchLimit> Limits, IReadOnlyList<DoorLimit> Door, DateTimeOffset Now);

/// <summary>Queues with their pauses and limits.</summary>
internal sealed class Queues(Standing standing, ILedger ledger, Actions actions, TimeProvider clock)
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/queues", (HttpContext http, Queues queues, CancellationToken token) => queues.ShowAsync(http, token)).AsPage(ApiScopes.Read, allTenants: true);
        endpoints.MapPost("/pauses", (HttpContext http, Queues queues, CancellationToken token) => queues.PauseAsync(http, token)).AsDeed(ApiScopes.Operate, allTenants: true);
        endpoints.MapPost("/pauses/end", (HttpContext http, Queues queues, CancellationToken token) => queues.ResumeAsync(http, token)).AsDeed(ApiScopes.Operate, allTenants: true);
    }

    private async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken) => await http.PageAsync<QueuesPage>(new QueuesModel(
        await standing.QueuesAsync(cancellationToken), await ledger.PausesAsync(cancellationToken), await ledger.LimitsAsync(cancellationToken),
        await ledger.DoorLimitsAsync(cancellationToken), clock.GetUtcNow()));

    private async Task<IResult> PauseAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (scope, name) = Of(http.Request.Form);
        await actions.PauseAsync(http.User, scope, name, http.Request.Form["reason"] is [{ Length: > 0 } reason] ? reason.Trim() : null, cancellationToken);
        return http.GoTo("/queues", $"The {scope.Word} {name} is paused: its jobs wait, and those that run go on.");
    }

    private async Task<IResult> ResumeAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (scope, name) = Of(http.Request.Form);
        var wasPaused = await actions.ResumeAsync(http.User, scope, name, cancellationToken);
        return http.GoTo("/queues", wasPaused ? $"The {scope.Word} {name} goes on." : $"The {scope.Word} {name} was not paused.");
    }

    private static (PauseScope Scope, string Name) Of(IFormCollection form)
    {
        var word = form["scope"].ToString();
        var scope = Enum.GetValues<PauseScope>().Where(one => one.Word == word).Cast<PauseScope?>().FirstOrDefault()
            ?? throw InputException.Refused(new Place(Parameter: "scope"), "scope", word, "queue, kind or tenant");
        return (scope, RouteNames.Check("name", form["name"].ToString().Trim()));
    }
}
