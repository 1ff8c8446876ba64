using BusJobs.Api.Access;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Operate;

/// <param name="Ready">Jobs that are due and wait, counted up to 10,000.</param>
/// <param name="ReadyIsMore">Whether there are more than were counted.</param>
/// <param name="InFlight">Jobs on their way to workers, or running there.</param>
/// <param name="Workers">Workers that read the queue and do not drain.</param>
/// <param name="Slots">How many jobs they run at once.</param>
/// <param name="Paused">Whether none of its jobs may start; <c>/api/pauses</c> tells why.</param>
public sealed record QueueView(string Name, int Ready, bool ReadyIsMore, int InFlight, int Workers, int Slots, bool Paused);

/// <param name="Dead">Jobs that wait for a redrive.</param>
/// <param name="Workers">Workers that have a handler of the kind.</param>
/// <param name="Paused">Whether none of its jobs may start; <c>/api/pauses</c> tells why.</param>
public sealed record KindView(string Name, long Succeeded, long Dead, long Cancelled, long Retried, int Workers, bool Paused);

/// <param name="Dispatches">Dispatches that it holds.</param>
/// <param name="SilentSeconds">Since its last beat.</param>
public sealed record WorkerView(
    Guid Id, string Name, IReadOnlyList<WorkerQueueView> Queues, IReadOnlyList<string> Kinds, int Dispatches, bool Draining, double SilentSeconds);

/// <param name="Slots">How many of its jobs the worker runs at once.</param>
public sealed record WorkerQueueView(string Name, int Slots);

/// <summary>What there is: queues with ready jobs, jobs in flight, workers or a pause; kinds that ended a job, have a handler or a pause; workers that beat.</summary>
internal sealed class OverviewEndpoints(ILedger ledger, WorkerEar ear)
{
    private const int MostReady = 10_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/queues", (OverviewEndpoints overview, CancellationToken token) => overview.QueuesAsync(token))
            .Produces<IReadOnlyList<QueueView>>().Refuses().Needs(ApiScopes.Read, allTenants: true).WithName("ListQueues").WithSummary("Queues, and who reads them.");
        api.MapGet("/kinds", (OverviewEndpoints overview, CancellationToken token) => overview.KindsAsync(token))
            .Produces<IReadOnlyList<KindView>>().Refuses().Needs(ApiScopes.Read, allTenants: true).WithName("ListKinds").WithSummary("Kinds, and how they fare.");
        api.MapGet("/workers", (OverviewEndpoints overview) => overview.Workers())
            .Produces<IReadOnlyList<WorkerView>>().Refuses().Needs(ApiScopes.Read, allTenants: true).WithName("ListWorkers").WithSummary("Workers that beat.");
    }

    private async Task<IResult> QueuesAsync(CancellationToken cancellationToken)
    {
        var lanes = (await ledger.SurveyAsync(now: null, cancellationToken)).Ready;
        var open = await ledger.OpenDispatchesAsync(MostReady, cancellationToken);
        var readers = ear.Heard().Where(heard => !heard.Beat.Draining).SelectMany(heard => heard.Beat.Queues).ToLookup(beat => beat.Queue);
        var paused = await PausedAsync(PauseScope.Queue, cancellationToken);
        var queues = new List<QueueView>();
        var names = lanes.Select(lane => lane.Queue).Concat(open.Select(dispatch => dispatch.Queue)).Concat(readers.Select(queue => queue.Key)).Concat(paused);
        foreach (var name in names.Distinct().Order(StringComparer.Ordinal))
        {
            var ready = await ledger.ReadyAsync(name, MostReady + 1, cancellationToken);
            queues.Add(new QueueView(
                name, Math.Min(ready, MostReady), ready > MostReady, open.Where(dispatch => dispatch.Queue == name).Sum(dispatch => dispatch.Count),
                readers[name].Count(), readers[name].Sum(beat => beat.Slots), paused.Contains(name)));
        }

        return TypedResults.Ok<IReadOnlyList<QueueView>>(queues);
    }

    private async Task<IResult> KindsAsync(CancellationToken cancellationToken)
    {
        var counts = (await ledger.KindsAsync(cancellationToken)).ToDictionary(kind => kind.Kind);
        var handlers = ear.Heard().SelectMany(heard => heard.Beat.Kinds).CountBy(kind => kind).ToDictionary();
        var paused = await PausedAsync(PauseScope.Kind, cancellationToken);
        return TypedResults.Ok<IReadOnlyList<KindView>>([.. counts.Keys.Union(handlers.Keys).Union(paused).Order(StringComparer.Ordinal).Select(name =>
        {
            var kind = counts.GetValueOrDefault(name) ?? new KindCounts(name, Succeeded: 0, Dead: 0, Cancelled: 0, Retried: 0);
            return new KindView(name, kind.Succeeded, kind.Dead, kind.Cancelled, kind.Retried, handlers.GetValueOrDefault(name), paused.Contains(name));
        })]);
    }

    private async Task<IReadOnlySet<string>> PausedAsync(PauseScope scope, CancellationToken cancellationToken) =>
        (await ledger.PausesAsync(cancellationToken)).Where(pause => pause.Scope == scope).Select(pause => pause.Name).ToHashSet();

    private IResult Workers() => TypedResults.Ok<IReadOnlyList<WorkerView>>([.. ear.Heard().Select(heard => new WorkerView(
        heard.Beat.WorkerId, heard.Beat.Name, [.. heard.Beat.Queues.Select(queue => new WorkerQueueView(queue.Queue, queue.Slots))], heard.Beat.Kinds,
        heard.Beat.Held.Count, heard.Beat.Draining, Math.Round(heard.Silence.TotalSeconds, 1)))]);
}
