using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Operate;
using BusJobs.Api.Why;
using BusJobs.Ledger;

namespace BusJobs.Api.Dashboard.Live;

/// <summary>Something that is not as it should be, and where to look.</summary>
/// <param name="Grave">Work does not flow, or was lost to a failure; otherwise somebody meant it, or it may pass.</param>
public sealed record Trouble(bool Grave, string Sentence, string Link, string LinkText);

/// <summary>What is wrong right now, the worst first. Asks little: it is on the page that people load when all is slow.</summary>
internal sealed class Troubles(ILedger ledger, Diagnosis diagnosis, Samples samples, TimeProvider clock)
{
    private const int Heads = 100;
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    public async Task<IReadOnlyList<Trouble>> NowAsync(
        IReadOnlyList<QueueView> queues, IReadOnlyList<KindView> kinds, IReadOnlyList<WorkerView> workers, CancellationToken cancellationToken)
    {
        List<Trouble> troubles = [.. (await diagnosis.ObstaclesAsync(cancellationToken)).Select(cause => new Trouble(Grave: true, cause.Sentence, "/workers", "Workers"))];
        foreach (var queue in queues.Where(queue => queue.Ready > 0 && !queue.Paused))
        {
            troubles.AddRange(await OfQueueAsync(queue, cancellationToken));
        }

        troubles.AddRange(Failing(kinds));
        var pauses = await ledger.PausesAsync(cancellationToken);
        troubles.AddRange(pauses.Select(pause => new Trouble(Grave: false, Sentences.Paused(pause, clock.GetUtcNow()), "/queues", "Pauses")));
        troubles.AddRange(workers.Where(worker => worker.Draining).Select(worker => new Trouble(Grave: false, $"The worker {worker.Name} drains.", "/workers", "Workers")));
        return [.. troubles.OrderByDescending(trouble => trouble.Grave)];
    }

    /// <summary>Looks at the first jobs that wait, since those are the ones that should start.</summary>
    private async Task<IReadOnlyList<Trouble>> OfQueueAsync(QueueView queue, CancellationToken cancellationToken)
    {
        var page = await ledger.ListAsync(new JobFilter { State = LedgerState.Ready, Queue = queue.Name }, after: null, Heads, cancellationToken);
        var unheard = page.Jobs.Select(job => job.Kind).Distinct().SelectMany(kind => diagnosis.NobodyFor(kind, queue.Name)).DistinctBy(cause => cause.Sentence)
            .Select(cause => new Trouble(Grave: true, $"{cause.Sentence} {Waiting(queue)}", Link(queue), "Jobs that wait")).ToList();
        return unheard.Count > 0 || queue.OldestSeconds is not { } oldest || oldest < Late.TotalSeconds
            ? unheard
            : [new Trouble(Grave: false, $"The queue {queue.Name} is behind: {Waiting(queue)}", Link(queue), "Jobs that wait")];
    }

    private IEnumerable<Trouble> Failing(IReadOnlyList<KindView> kinds)
    {
        var all = samples.All;
        foreach (var kind in kinds.OrderByDescending(kind => kind.Dead))
        {
            var failed = Rates.Risen(all, Lately, sample => sample.FailedByKind.GetValueOrDefault(kind.Name));
            if (kind.Dead > 0)
            {
                yield return new Trouble(
                    failed > 0, $"{Shown.Jobs(kind.Dead)} of the kind {kind.Name} {(kind.Dead == 1 ? "is" : "are")} dead{Also(failed)}.",
                    $"/dead?kind={kind.Name}", "Dead letters");
            }
            else if (failed > 0)
            {
                yield return new Trouble(
                    Grave: false, $"{Shown.Number(failed)} attempts of the kind {kind.Name} failed in the last {Shown.Span(Lately)}.", $"/jobs?state=scheduled&kind={kind.Name}", "Jobs that retry");
            }
        }
    }

    private static string Also(long failed) => failed > 0 ? $", and {Shown.Number(failed)} of its attempts failed in the last {Shown.Span(Lately)}" : "";

    private static string Waiting(QueueView queue) =>
        $"{(queue.ReadyIsMore ? "More than " : "")}{Shown.Jobs(queue.Ready)} {(queue.Ready == 1 ? "waits" : "wait")}{(queue.OldestSeconds is { } oldest ? $", the oldest for {Shown.Span(TimeSpan.FromSeconds(oldest))}" : "")}.";

    private static string Link(QueueView queue) => $"/jobs?state=ready&queue={queue.Name}";
}
