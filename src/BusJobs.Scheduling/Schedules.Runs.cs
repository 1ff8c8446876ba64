using BusJobs.Ledger.Schedules;

namespace BusJobs.Scheduling;

/// <param name="Fires">Fire times in the range, as far as the limit goes.</param>
/// <param name="GoOnAt">The first fire time beyond the limit, from which to go on; null when there is none.</param>
/// <param name="Enqueued">Jobs that are new; 0 of a dry run. The others had fired before.</param>
public sealed record BackfillReport(int Fires, DateTimeOffset? GoOnAt, int Enqueued);

public sealed partial class Schedules
{
    public const int MostBackfilled = 10_000;

    /// <summary>The latest fires of a schedule, the latest first; at most 1,000.</summary>
    /// <param name="id">The schedule. Fires of one that is gone are there until they are cleaned up.</param>
    /// <param name="before">Only those of earlier nominal times; null for all.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<FireRecord>> FiresAsync(string id, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        store.FiresAsync(id, before, Math.Clamp(limit, 1, 1_000), cancellationToken);

    /// <summary>Enqueues a job of the schedule now, beside its fires, paused or not.</summary>
    /// <returns>What became of it: the overlap policy holds for it, too.</returns>
    /// <exception cref="JobRefusedException">There is no such schedule.</exception>
    public async Task<FireRecord> RunNowAsync(string id, CancellationToken cancellationToken)
    {
        var (_, schedule) = await ReadAsync(id, cancellationToken);
        var now = clock.GetUtcNow();
        for (var at = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()); ; at = at.AddMilliseconds(1))
        {
            // The moment may be taken, by a fire or by somebody as impatient; the next millisecond is as good.
            var job = schedule.JobAt(at, clock) with { RunAt = null };
            if ((await store.FireAsync([new Firing(id, [new Fire(at, job)])], now, cancellationToken)).Fires is [var fire])
            {
                return fire;
            }
        }
    }

    /// <summary>
    /// Enqueues a job for each fire time of a past range that has not fired yet, at most 10,000 at once. The overlap policy does not hold
    /// for them: they would all but one be let go.
    /// </summary>
    /// <param name="id">The schedule.</param>
    /// <param name="from">Inclusive.</param>
    /// <param name="to">Exclusive, and not in the future.</param>
    /// <param name="dryRun">Only count.</param>
    /// <param name="cancellationToken">Ends the call; what was enqueued stays.</param>
    /// <exception cref="JobRefusedException">There is no such schedule, or the range is empty or reaches into the future.</exception>
    public async Task<BackfillReport> BackfillAsync(string id, DateTimeOffset from, DateTimeOffset to, bool dryRun, CancellationToken cancellationToken)
    {
        var (_, schedule) = await ReadAsync(id, cancellationToken);
        var now = clock.GetUtcNow();
        if (from >= to || to > now)
        {
            throw new JobRefusedException("to", to.ToString("O"), "a time after 'from' and not in the future");
        }

        var times = schedule.Timing.Between(from.AddTicks(-1), to.AddTicks(-1), MostBackfilled + 1).ToList();
        var enqueued = 0;
        foreach (var chunk in dryRun ? [] : times.Take(MostBackfilled).Chunk(options.Value.Batch))
        {
            var fires = chunk.Select(at => new Fire(at, schedule.JobAt(at, clock) with { Unique = null })).ToList();
            enqueued += (await store.FireAsync([new Firing(id, fires)], now, cancellationToken)).Enqueued;
        }

        return new BackfillReport(Math.Min(times.Count, MostBackfilled), times.Count > MostBackfilled ? times[^1] : null, enqueued);
    }
}
