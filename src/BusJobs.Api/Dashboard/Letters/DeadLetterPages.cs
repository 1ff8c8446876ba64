using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Pages;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Api.Letters;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Letters;

/// <param name="Looked">How many of the newest dead jobs were looked at; <see cref="Deaths.Most"/> means that there may be more.</param>
/// <param name="Kind">Only groups of this kind are shown; null for all.</param>
public sealed record DeadLettersModel(IReadOnlyList<DeadGroup> Groups, int Looked, string? Kind, DateTimeOffset Now);

/// <param name="Reason">What the newest of them died of.</param>
/// <param name="Ramp">The last ramped redrive of the group; null when there was none.</param>
public sealed record DeadGroupModel(Fingerprint Fingerprint, DeadGroup? Group, string Reason, Ramp? Ramp, DateTimeOffset Now);

/// <summary>Dead jobs by what they died of, and what becomes of them: a redrive or a discard.</summary>
internal sealed class DeadLetterPages(Deaths deaths, Actions actions, Ramps ramps, TimeProvider clock)
{
    private const string Gone = "No dead job has this fingerprint any more; nothing was changed.";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/dead", (HttpContext http, DeadLetterPages pages, CancellationToken token) => pages.ShowAsync(http, token)).AsPage(ApiScopes.Read);
        endpoints.MapGet("/dead/{name}", (HttpContext http, string name, DeadLetterPages pages, CancellationToken token) => pages.ShowGroupAsync(http, name, token)).AsPage(ApiScopes.Read);
        endpoints.MapPost("/dead/{name}/redrive", (HttpContext http, string name, DeadLetterPages pages, CancellationToken token) => pages.RedriveAsync(http, name, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapGet("/dead/{name}/discard", (HttpContext http, string name, DeadLetterPages pages, CancellationToken token) => pages.AskDiscardAsync(http, name, token)).AsPage(ApiScopes.Operate);
        endpoints.MapPost("/dead/{name}/discard", (HttpContext http, string name, DeadLetterPages pages, CancellationToken token) => pages.DiscardAsync(http, name, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapPost("/dead/{name}/ramp", (HttpContext http, string name, DeadLetterPages pages, CancellationToken token) => pages.RampAsync(http, name, token)).AsDeed(ApiScopes.Operate);
        endpoints.MapPost("/dead/{name}/ramp/stop", (HttpContext http, string name, DeadLetterPages pages, CancellationToken token) => pages.StopAsync(http, name, token)).AsDeed(ApiScopes.Operate);
    }

    private async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var kind = new Query(http.Request, "kind").Name("kind");
        var (groups, looked) = await deaths.GroupsAsync(http.User.Tenant, kind, cancellationToken);
        return await http.PageAsync<DeadLettersPage>(new DeadLettersModel(groups, looked, kind, clock.GetUtcNow()));
    }

    private async Task<IResult> ShowGroupAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        var group = await FindAsync(http, name, cancellationToken);
        var ramp = ramps.Of(name, http.User.Tenant);
        var reason = group is null ? "" : await deaths.ReasonAsync(group.Deaths[0].Job.Id, cancellationToken);
        return (group?.Fingerprint ?? ramp?.Fingerprint) is { } fingerprint
            ? await http.PageAsync<DeadGroupPage>(new DeadGroupModel(fingerprint, group, reason, ramp, clock.GetUtcNow()))
            : await http.RefusedPageAsync(StatusCodes.Status404NotFound, "No dead job has this fingerprint any more: they were redriven, discarded or removed.");
    }

    private Task<IResult> RedriveAsync(HttpContext http, string name, CancellationToken cancellationToken) => WhileThereAsync(http, name, async group =>
    {
        var report = await actions.RedriveAsync(http.User, Of(http, group), $"fingerprint {name}, {group.Fingerprint.Kind}", cancellationToken);
        return http.GoTo("/dead", Bulk.Report(report));
    }, cancellationToken);

    private Task<IResult> AskDiscardAsync(HttpContext http, string name, CancellationToken cancellationToken) => WhileThereAsync(
        http, name, group => http.PageAsync<ConfirmPage>(Bulk.AskDiscard(
            group.Deaths.Count, hasMore: false, $"/dead/{name}/discard", $"/dead/{name}", $"{group.Fingerprint.Kind}, {Shown.Line(group.Fingerprint.Error, 160)}")), cancellationToken);

    private Task<IResult> DiscardAsync(HttpContext http, string name, CancellationToken cancellationToken) => WhileThereAsync(http, name, async group =>
    {
        var discarded = await actions.DiscardAsync(http.User, Of(http, group), $"fingerprint {name}, {group.Fingerprint.Kind}", cancellationToken);
        return http.GoTo("/dead", Bulk.ReportDiscarded(discarded));
    }, cancellationToken);

    private Task<IResult> RampAsync(HttpContext http, string name, CancellationToken cancellationToken) => WhileThereAsync(http, name, group =>
    {
        var ramp = new Ramp(group.Fingerprint, http.User.KeyName, [.. group.Deaths.Select(death => death.Job.Id).Reverse()]);
        return Task.FromResult(http.GoTo($"/dead/{name}", ramps.Begin(ramp, http.User, http.User.Tenant)
            ? "The ramp has begun: 5 jobs, then a tenth, then all, and it stops by itself when the failure comes back."
            : "A ramp of this group goes on already."));
    }, cancellationToken);

    private static DeadFilter Of(HttpContext http, DeadGroup group) => new(Tenant: http.User.Tenant) { JobIds = [.. group.Deaths.Select(death => death.Job.Id)] };

    /// <summary>A group may have gone since its page was shown.</summary>
    private async Task<IResult> WhileThereAsync(HttpContext http, string name, Func<DeadGroup, Task<IResult>> act, CancellationToken cancellationToken) =>
        await FindAsync(http, name, cancellationToken) is { } group ? await act(group) : http.GoTo("/dead", Gone);

    private async Task<IResult> StopAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        if (ramps.Of(name, http.User.Tenant) is not { End: null } ramp)
        {
            return http.GoTo($"/dead/{name}", "No ramp of this group goes on.");
        }

        ramp.Stop($"Stopped by {http.User.KeyName}.");
        await actions.RecordAsync(http.User, "ramp.stop", $"fingerprint {name}", $"{ramp.Done} of {ramp.All} redriven", "stopped");
        return http.GoTo($"/dead/{name}", "The ramp is stopped: what was not redriven stays dead.");
    }

    private Task<DeadGroup?> FindAsync(HttpContext http, string name, CancellationToken cancellationToken) => deaths.FindAsync(name, http.User.Tenant, cancellationToken);
}
