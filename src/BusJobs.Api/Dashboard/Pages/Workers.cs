using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
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
public sealed record WorkerLine(string Name, TimeSpan Silence, bool Draining, IReadOnlyList<string> Queues, IReadOnlyList<string> Kinds, IReadOnlyList<string> Held);

/// <summary>Workers that beat, and the work that they hold.</summary>
internal sealed class Workers(ILedger ledger, WorkerEar ear, Diagnosis diagnosis)
{
    private const int MostDispatches = 2_000;

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints
        .MapGet("/workers", (HttpContext http, Workers workers, CancellationToken token) => workers.ShowAsync(http, token)).AsPage(ApiScopes.Read, allTenants: true);

    private async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var open = (await ledger.OpenDispatchesAsync(MostDispatches, cancellationToken)).ToDictionary(dispatch => dispatch.Id);
        var heard = ear.Heard();
        var held = heard.SelectMany(one => one.Beat.Held).ToHashSet();
        return await http.PageAsync<WorkersPage>(new WorkersModel(
            [
                .. heard.Select(one => new WorkerLine(
                    one.Beat.Name, one.Silence, one.Beat.Draining, [.. one.Beat.Queues.Select(queue => $"{queue.Queue} ({queue.Slots})")], one.Beat.Kinds,
                    [.. one.Beat.Held.Select(id => open.TryGetValue(id, out var dispatch) ? Words(dispatch) : "a dispatch that is settled by now")])),
            ],
            [.. open.Values.Where(dispatch => !held.Contains(dispatch.Id)).OrderByDescending(dispatch => dispatch.Age).Select(Words)],
            diagnosis.Obstacles()));
    }

    private static string Words(OpenDispatch dispatch) =>
        $"{Shown.Jobs(dispatch.Count)} of {dispatch.Queue}, dispatched {Shown.Span(dispatch.Age)} ago{(dispatch.Lane == Lane.Normal ? "" : $", as {dispatch.Lane.Word}")}";
}
