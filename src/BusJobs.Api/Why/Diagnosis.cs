using BusJobs.Api.Input;
using BusJobs.Api.Operate;
using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.Ledger;
using BusJobs.Ledger.Letters;
using BusJobs.Ledger.Upkeep;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Api.Why;

/// <summary>
/// Why a job is not running: the one engine behind the page and the API. The ledger knows of times, pauses, limits and keys; who hears workers and the broker knows the rest.
/// </summary>
internal sealed class Diagnosis(
    ILedger ledger, IDeadLetters letters, IUpkeepStore upkeep, WorkerEar ear, JobBus bus, IServiceProvider services, TimeProvider clock)
{
    /// <summary>Coordinators give a sign of life each minute.</summary>
    private static readonly TimeSpan LongSilence = TimeSpan.FromMinutes(3);

    public async Task<WhyView> OfAsync(JobRecord job, CancellationToken cancellationToken)
    {
        var holds = (await ledger.WhyAsync(job.Id, now: null, cancellationToken) ?? []).Select(hold => Sentences.Of(hold, clock.GetUtcNow())).ToList();
        IReadOnlyList<WhyCause> causes = job.State switch
        {
            LedgerState.Scheduled => [.. holds, .. holds.Count == 0 ? [Sentences.Waits(job, clock.GetUtcNow())] : Array.Empty<WhyCause>()],
            LedgerState.Ready => await ReadyAsync(job, holds, cancellationToken),
            LedgerState.Dispatched => await RunningAsync(job, cancellationToken),
            LedgerState.Dead => [Sentences.Dead(job, clock.GetUtcNow()), .. holds],
            LedgerState.Cancelled when job.DiscardedBy is { } by => [Sentences.Discarded(job, by, clock.GetUtcNow()), .. holds],
            _ => [Sentences.Ended(job, clock.GetUtcNow())],
        };
        return new WhyView(job.Id, job.State.Word, causes);
    }

    /// <summary>What keeps work from flowing at all, seen from this process; empty when it flows.</summary>
    public async Task<IReadOnlyList<WhyCause>> ObstaclesAsync(CancellationToken cancellationToken)
    {
        if (!bus.IsInMemory && !bus.IsHealthy)
        {
            return [new WhyCause("broker", "The broker is not connected to this server: nothing is dispatched or settled by way of it until it is back.")];
        }

        if (services.GetService<CoordinatorHealth>() is { } coordinator)
        {
            return [.. coordinator.NotReady().Select(reason => new WhyCause("coordinator", $"The coordinator of this server does not move work: {reason}."))];
        }

        return bus.IsInMemory ? [] : await ElsewhereAsync(cancellationToken);
    }

    /// <summary>Whether coordinators in other processes live, as far as the ledger knows.</summary>
    private async Task<WhyCause[]> ElsewhereAsync(CancellationToken cancellationToken)
    {
        var service = (await upkeep.ServicesAsync(cancellationToken)).FirstOrDefault(one => one.Service == CoordinatorHealth.SignOfLife);
        var silence = clock.GetUtcNow() - service?.LastRun?.StartedAt;
        return silence < LongSilence ? [] : [Sentences.NoCoordinator(silence)];
    }

    private async Task<IReadOnlyList<WhyCause>> ReadyAsync(JobRecord job, IReadOnlyList<WhyCause> holds, CancellationToken cancellationToken)
    {
        List<WhyCause> causes = [.. holds, .. await ObstaclesAsync(cancellationToken), .. NobodyFor(job.Kind, job.Queue)];
        if (causes.Count > 0)
        {
            return causes;
        }

        var depth = await ledger.DepthAsync(job.Queue, Standing.MostReady + 1, cancellationToken);
        var slots = ear.Heard().SelectMany(heard => heard.Beat.Queues).Where(queue => queue.Queue == job.Queue).Sum(queue => queue.Slots);
        return [Sentences.Turn(job, depth, Standing.MostReady, slots, clock.GetUtcNow())];
    }

    /// <summary>Why no worker would take a job of the kind from the queue; empty when one would.</summary>
    public IEnumerable<WhyCause> NobodyFor(string kind, string queue)
    {
        var readers = ear.Heard().Where(heard => heard.Beat.Queues.Any(beat => beat.Queue == queue)).Select(heard => heard.Beat).ToList();
        if (readers.Count == 0)
        {
            yield return new WhyCause("no-worker", $"No live worker reads the queue {queue}: start one, or see why its beats do not arrive.");
        }
        else if (readers.TrueForAll(reader => !reader.Kinds.Contains(kind)))
        {
            yield return new WhyCause("no-handler", $"{(readers.Count == 1 ? "1 live worker reads" : $"{readers.Count} live workers read")} the queue {queue}, and none has a handler of the kind {kind}.");
        }
        else if (readers.TrueForAll(reader => reader.Draining))
        {
            yield return new WhyCause("draining", $"Every worker of the queue {queue} drains and takes no new work.");
        }
    }

    private async Task<IReadOnlyList<WhyCause>> RunningAsync(JobRecord job, CancellationToken cancellationToken)
    {
        var dispatch = await letters.DispatchOfAsync(job.Id, cancellationToken);
        var holder = dispatch is { } id ? ear.Heard().Select(heard => heard.Beat).FirstOrDefault(beat => beat.Held.Contains(id)) : null;
        return [Sentences.Running(job, holder?.Name, bus.Options.Lease), .. await ObstaclesAsync(cancellationToken)];
    }
}
