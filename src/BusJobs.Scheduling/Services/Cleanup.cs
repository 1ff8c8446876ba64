using BusJobs.Ledger.Upkeep;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling.Services;

/// <summary>
/// Removes finished jobs, fires, runs and entries of the audit that are past their retention, a page at a time. It walks the jobs in the order of their ids,
/// which is that of their age, so that finished jobs need no index that every settlement would pay for.
/// </summary>
internal sealed class Cleanup(
    IUpkeepStore store, SchedulerIdentity identity, IOptions<SchedulingOptions> scheduling, IOptions<CleanupOptions> options, TimeProvider clock,
    ILogger<Cleanup> logger) : TimedService(store, identity, scheduling, clock, logger)
{
    private static readonly Guid Greatest = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    private readonly IUpkeepStore store = store;
    private readonly ILogger<Cleanup> logger = logger;

    /// <summary>Where a walk that ran out of time goes on.</summary>
    private Guid reached = Guid.Empty;

    public override string Name => "cleanup";

    public override TimeSpan Rest => options.Value.Interval;

    protected override async Task<RunReport> WorkAsync(CancellationToken cancellationToken)
    {
        var (now, start) = (Clock.GetUtcNow(), Clock.GetTimestamp());
        var rules = options.Value.Rules(now);
        var jobs = 0;
        // The walk ends before the timeout does, and goes on in the next run.
        while (Clock.GetElapsedTime(start) < Options.Timeout / 2)
        {
            var turn = Clock.GetTimestamp();
            var page = await store.RemoveJobsAsync(rules, reached, Greatest, options.Value.Batch, cancellationToken);
            jobs += page.Removed;
            reached = Further(page.Last, rules.Max(rule => rule.Before), now);
            if (reached == Guid.Empty)
            {
                return Report(jobs, await HistoryAsync(now, cancellationToken), Rest);
            }

            await Task.Delay(options.Value.BreathAfter(Clock.GetElapsedTime(turn)), Clock, cancellationToken);
        }

        return Report(jobs, history: 0, TimeSpan.FromSeconds(1));
    }

    private async Task<int> HistoryAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var (remove, stay) in new (Func<DateTimeOffset, int, CancellationToken, Task<int>>, TimeSpan)[]
        {
            (store.RemoveHistoryAsync, options.Value.History), (store.RemoveAuditAsync, options.Value.Audit),
        })
        {
            var batch = 0;
            do
            {
                batch = await remove(now - stay, options.Value.Batch, cancellationToken);
                removed += batch;
            }
            while (batch >= options.Value.Batch);
        }

        return removed;
    }

    /// <summary>
    /// An id of the usual sort tells when its job was made. A job made after the newest moment of any rule is not past its retention, so the
    /// walk leaps over those to the ids of another sort, which tell nothing. At the end it begins again.
    /// </summary>
    private static Guid Further(Guid? last, DateTimeOffset newest, DateTimeOffset now)
    {
        if (last is not { } id)
        {
            return Guid.Empty;
        }

        var (from, to) = (First(newest), First(now.AddDays(1)));
        return id.CompareTo(from) > 0 && id.CompareTo(to) < 0 ? to : id;
    }

    /// <summary>The least id of a job that is made at the moment.</summary>
    private static Guid First(DateTimeOffset moment)
    {
        Span<byte> id = stackalloc byte[16];
        Guid.CreateVersion7(moment).TryWriteBytes(id, bigEndian: true, out _);
        id[6..].Clear();
        return new Guid(id, bigEndian: true);
    }

    private RunReport Report(int jobs, int history, TimeSpan pause)
    {
        if (jobs + history == 0)
        {
            return new RunReport(Did: null, pause);
        }

        var did = $"{jobs} jobs and {history} rows of history removed";
        logger.ServiceDid(Name, did);
        return new RunReport(did, pause);
    }
}
