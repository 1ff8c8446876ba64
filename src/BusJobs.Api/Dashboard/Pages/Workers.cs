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

/// <param name="Unheld">Dispatches that no live worker holds, in words.</param>
public sealed record WorkersModel(IReadOnlyList<WorkerLine> Workers, IReadOnlyList<string> Unheld, IReadOnlyList<WhyCause> Obstacles);

/// <param name="Queues">With their slots, in words.</param>
/// <param name="Held">The dispatches that it holds, in words.</param>
/// <param name="CanBeDrained">Whether it would heed being asked, and has not begun yet.</param>
public sealed record WorkerLine(
    Guid Id, string Name, TimeSpan Silence, bool Draining, bool CanBeDrained, IReadOnlyList<string> Queues, IReadOnlyList<string> Kinds, IReadOnlyList<string> Held);

/// <summary>Workers that beat, the work that they hold, and letting one run empty.</summary>
internal sealed class Workers(ILedger ledger, WorkerEar ear, Diagnosis diagnosis, Actions actions)
{
    private const int MostDispatches = 2_000;
    private const string Page = "/workers";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Page, (HttpContext http, Workers workers, CancellationToken token) => workers.ShowAsync(http, token)).AsPage(ApiScopes.Read, allTenants: true);
        endpoints.MapGet(Page + "/{id}/drain", (HttpContext http, string id, Workers workers) => workers.AskDrainAsync(http, id)).AsPage(ApiScopes.Operate, allTenants: true);
        endpoints.MapPost(Page + "/{id}/drain", (HttpContext http, string id, Workers workers, CancellationToken token) => workers.DrainAsync(http, id, token))
            .AsDeed(ApiScopes.Operate, allTenants: true);
    }

    private async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var open = (await ledger.OpenDispatchesAsync(MostDispatches, cancellationToken)).ToDictionary(dispatch => dispatch.Id);
        var heard = ear.Heard();
        var held = heard.SelectMany(one => one.Beat.Held).ToHashSet();
        return await http.PageAsync<WorkersPage>(new WorkersModel(
            [
                .. heard.Select(one => new WorkerLine(
                    one.Beat.WorkerId, one.Beat.Name, one.Silence, one.Beat.Draining, one.Beat is { CanBeDrained: true, Draining: false }, [.. one.Beat.Queues.Select(queue => $"{queue.Queue} ({queue.Slots})")], one.Beat.Kinds,
                    [.. one.Beat.Held.Select(id => open.TryGetValue(id, out var dispatch) ? Words(dispatch) : "a dispatch that is settled by now")])),
            ],
            [.. open.Values.Where(dispatch => !held.Contains(dispatch.Id)).OrderByDescending(dispatch => dispatch.Age).Select(Words)],
            await diagnosis.ObstaclesAsync(cancellationToken)));
    }

    private async Task<IResult> AskDrainAsync(HttpContext http, string id) => ear.Find(JobEndpoints.Id(id)) is not { } worker
        ? await NotThereAsync(http)
        : await http.PageAsync<ConfirmPage>(new ConfirmModel(
            $"Drain {worker.Name}",
            "It begins no more jobs, gives back those that it has not begun, and lets those that run go on to their end. It takes work again when it is started anew.",
            Count: 1, $"{Page}/{worker.WorkerId}/drain", "Drain it", Page, Destroys: true));

    private async Task<IResult> DrainAsync(HttpContext http, string id, CancellationToken cancellationToken) => ear.Find(JobEndpoints.Id(id)) is not { } worker
        ? await NotThereAsync(http)
        : http.GoTo(Page, await actions.DrainAsync(http.User, worker, cancellationToken) switch
        {
            DrainResult.Asked => $"The worker {worker.Name} is asked to drain: see below when it holds nothing more.",
            DrainResult.Gone => $"The worker {worker.Name} has gone; nothing was changed.",
            _ => $"The worker {worker.Name} is of a version that cannot be asked to drain: end its process with SIGTERM.",
        });

    private static Task<IResult> NotThereAsync(HttpContext http) =>
        http.RefusedPageAsync(StatusCodes.Status404NotFound, "This worker does not beat any more: it has ended, or was lost.");

    private static string Words(OpenDispatch dispatch) =>
        $"{Shown.Jobs(dispatch.Count)} of {dispatch.Queue}, dispatched {Shown.Span(dispatch.Age)} ago{(dispatch.Lane == Lane.Normal ? "" : $", as {dispatch.Lane.Word}")}";
}
