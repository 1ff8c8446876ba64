using BusJobs.Ledger;

namespace BusJobs.Api.Operate;

/// <summary>What there is now, for the API and the dashboard. Counts no further than 10,000 jobs a queue, so it costs the same on the worst day.</summary>
internal sealed class Standing(ILedger ledger, WorkerEar ear, TimeProvider clock)
{
    /// <summary>Ready jobs that are counted of one queue.</summary>
    public const int MostReady = 10_000;

    /// <summary>Queues with ready jobs, jobs in flight, workers or a pause, by name.</summary>
    public async Task<IReadOnlyList<QueueView>> QueuesAsync(CancellationToken cancellationToken)
    {
        var lanes = (await ledger.SurveyAsync(now: null, cancellationToken)).Ready;
        var open = await ledger.OpenDispatchesAsync(MostReady, cancellationToken);
        var readers = ear.Heard().Where(heard => !heard.Beat.Draining).SelectMany(heard => heard.Beat.Queues).ToLookup(beat => beat.Queue);
        var paused = await PausedAsync(PauseScope.Queue, cancellationToken);
        var names = lanes.Select(lane => lane.Queue).Concat(open.Select(dispatch => dispatch.Queue)).Concat(readers.Select(queue => queue.Key)).Concat(paused);
        var queues = new List<QueueView>();
        foreach (var name in names.Distinct().Order(StringComparer.Ordinal))
        {
            var depth = await ledger.DepthAsync(name, MostReady + 1, cancellationToken);
            queues.Add(new QueueView(
                name, Math.Min(depth.Ready, MostReady), depth.Ready > MostReady, open.Where(dispatch => dispatch.Queue == name).Sum(dispatch => dispatch.Count),
                readers[name].Count(), readers[name].Sum(beat => beat.Slots), paused.Contains(name), Seconds(depth.OldestDue)));
        }

        return queues;
    }

    /// <summary>Kinds that ended a job, have a handler or a pause, by name.</summary>
    public async Task<IReadOnlyList<KindView>> KindsAsync(CancellationToken cancellationToken)
    {
        var counts = (await ledger.KindsAsync(cancellationToken)).ToDictionary(kind => kind.Kind);
        var handlers = ear.Heard().SelectMany(heard => heard.Beat.Kinds).CountBy(kind => kind).ToDictionary();
        var paused = await PausedAsync(PauseScope.Kind, cancellationToken);
        return [.. counts.Keys.Union(handlers.Keys).Union(paused).Order(StringComparer.Ordinal).Select(name =>
        {
            var kind = counts.GetValueOrDefault(name) ?? new KindCounts(name, Succeeded: 0, Dead: 0, Cancelled: 0, Retried: 0);
            return new KindView(name, kind.Succeeded, kind.Dead, kind.Cancelled, kind.Retried, handlers.GetValueOrDefault(name), paused.Contains(name));
        })];
    }

    /// <summary>Workers that beat, by name.</summary>
    public IReadOnlyList<WorkerView> Workers() => [.. ear.Heard().Select(heard => new WorkerView(
        heard.Beat.WorkerId, heard.Beat.Name, [.. heard.Beat.Queues.Select(queue => new WorkerQueueView(queue.Queue, queue.Slots))], heard.Beat.Kinds,
        heard.Beat.Held.Count, heard.Beat.Draining, Math.Round(heard.Silence.TotalSeconds, 1)))];

    private double? Seconds(DateTimeOffset? due) => due is { } at ? Math.Round(Math.Max(0, (clock.GetUtcNow() - at).TotalSeconds), 1) : null;

    private async Task<IReadOnlySet<string>> PausedAsync(PauseScope scope, CancellationToken cancellationToken) =>
        (await ledger.PausesAsync(cancellationToken)).Where(pause => pause.Scope == scope).Select(pause => pause.Name).ToHashSet();
}
