using System.Runtime.CompilerServices;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Definitions;
using BusJobs.Scheduling.Fires;

namespace BusJobs.Scheduling;

/// <summary>A fire that is to come.</summary>
/// <param name="NominalAt">What the rule gives.</param>
/// <param name="RunAt">When its job is due: later by the jitter.</param>
/// <param name="WallTime">The nominal time on the clock of the schedule's zone.</param>
public sealed record UpcomingFire(string ScheduleId, DateTimeOffset NominalAt, DateTimeOffset RunAt, DateTime WallTime);

/// <param name="Fires">Fire times in the range, as far as the limit goes.</param>
/// <param name="More">Whether the limit cut it short.</param>
/// <param name="Enqueued">Jobs that are new; 0 of a dry run. The others had fired before.</param>
public sealed record BackfillReport(int Fires, bool More, int Enqueued);

public sealed partial class Schedules
{
    public const int MostBackfilled = 10_000;

    private const int MostPreviewed = 1_000;

    /// <summary>The next fires of a schedule, paused or not, at most 1,000.</summary>
    /// <exception cref="JobRefusedException">There is no such schedule.</exception>
    public async Task<IReadOnlyList<UpcomingFire>> PreviewAsync(string id, int count, CancellationToken cancellationToken)
    {
        var (row, schedule) = await ReadAsync(id, cancellationToken);
        return row.NextAt is { } next ? Upcoming(schedule, next, DateTimeOffset.MaxValue, count) : [];
    }

    /// <summary>The next fires of a definition that need not be saved, at most 1,000.</summary>
    /// <exception cref="JobRefusedException">The definition is not allowed.</exception>
    public async Task<IReadOnlyList<UpcomingFire>> PreviewAsync(ScheduleDefinition definition, int count, CancellationToken cancellationToken)
    {
        var schedule = await CheckAsync(definition, cancellationToken);
        return Upcoming(schedule, clock.GetUtcNow().AddTicks(1), DateTimeOffset.MaxValue, count);
    }

    /// <summary>
    /// What will run within the time from now, of all schedules that are not paused, the earliest first, at most 1,000 of each. What is
    /// overdue is there as its misfire policy will have it.
    /// </summary>
    public async Task<IReadOnlyList<UpcomingFire>> UpcomingAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var (now, calendars, fires) = (clock.GetUtcNow(), await CalendarsAsync(cancellationToken), new List<UpcomingFire>());
        await foreach (var row in AllAsync(cancellationToken))
        {
            if (row.Paused || row.NextAt is not { } next || next > now + within)
            {
                continue;
            }

            var schedule = Schedule.Read(DefinitionJson.Schedule(row.Definition), calendars, clock);
            if (next <= now)
            {
                var plan = FirePlan.For(schedule, next, now, options.Value.Grace);
                fires.AddRange(plan.Fires.Select(at => Upcoming(schedule, at)));
                next = plan.Next ?? DateTimeOffset.MaxValue;
            }

            fires.AddRange(Upcoming(schedule, next, now + within, MostPreviewed));
        }

        return [.. fires.OrderBy(fire => fire.RunAt).ThenBy(fire => fire.ScheduleId, StringComparer.Ordinal)];
    }

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

        return new BackfillReport(Math.Min(times.Count, MostBackfilled), times.Count > MostBackfilled, enqueued);
    }

    private async Task<(ScheduleRow Row, Schedule Schedule)> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var row = await store.FindScheduleAsync(id, cancellationToken) ?? throw Unknown(id);
        return (row, Schedule.Read(DefinitionJson.Schedule(row.Definition), await CalendarsAsync(cancellationToken), clock));
    }

    internal async IAsyncEnumerable<ScheduleRow> AllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<ScheduleRow> page = [];
        do
        {
            page = await store.SchedulesAsync(page is [.., var last] ? last.Id : null, Page, cancellationToken);
            foreach (var row in page)
            {
                yield return row;
            }
        }
        while (page.Count == Page);
    }

    private static List<UpcomingFire> Upcoming(Schedule schedule, DateTimeOffset from, DateTimeOffset to, int count) =>
        [.. schedule.Timing.Between(from.AddTicks(-1), to, Math.Clamp(count, 1, MostPreviewed)).Select(at => Upcoming(schedule, at))];

    private static UpcomingFire Upcoming(Schedule schedule, DateTimeOffset at) => new(
        schedule.Definition.Id, at, at + FireIdentity.Jitter(schedule.Definition.Id, at, schedule.Definition.Jitter), schedule.Timing.Zone.WallTime(at));
}
