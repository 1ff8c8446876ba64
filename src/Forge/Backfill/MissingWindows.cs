using BusJobs;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Backfill;

/// <summary>What asking for missing windows came to. Windows are weeks; days are what they are made of.</summary>
/// <param name="MissingDays">Without statistics, and over.</param>
/// <param name="Published">Windows enqueued. Through an outbox the ledger's door has yet to look at them.</param>
/// <param name="DedupSuppressed">Windows that were asked for lately.</param>
/// <param name="DroppedByRateLimit">Windows for which the org has no place left in this minute. They stay missing, so the next call finds them.</param>
public sealed record BackfillAnswer(int MissingDays, int Published, int DedupSuppressed, int DroppedByRateLimit);

/// <summary>Finds days without statistics and enqueues the weeks that they are in.</summary>
public sealed class MissingWindows(HubContext hub, IJobClient jobs, BackfillOptions options, TimeProvider clock)
{
    /// <summary>Ten years: the longest span that is asked about at once.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    /// <summary>
    /// The span is widened to whole days. Days of one week are one job, whoever asks for which of them: a week is asked for once in
    /// <see cref="BackfillOptions.DedupTtl"/>. Today is not over, so it is not missing. Commits with the client's unit of work.
    /// </summary>
    /// <exception cref="JobRefusedException">The span is empty or longer than ten years, or there is no such repository.</exception>
    public async Task<BackfillAnswer> EnqueueMissingAsync(string org, string repo, DateTimeOffset windowStart, DateTimeOffset windowEnd, string reason, CancellationToken cancellationToken)
    {
        var span = TimeWindow.Covering(windowStart, windowEnd, BackfillWindow.Day);
        if (span.End - span.Start > Longest)
        {
            throw new JobRefusedException("windowEnd", windowEnd.ToString("O"), "at most ten years after the start");
        }

        var repository = await hub.Repositories.AsNoTracking().SingleOrDefaultAsync(repository => repository.Org == org && repository.Name == repo, cancellationToken)
            ?? throw new JobRefusedException("repository", $"{org}/{repo}", "a repository of this forge");
        var missing = await MissingAsync(repository.Id, span, cancellationToken);
        var windows = missing.GroupBy(day => TimeWindow.Of(day, BackfillWindow.Week)).Select(week => Window(week.Key, repository, reason)).ToList();
        var answers = windows.Count == 0 ? [] : await jobs.EnqueueManyAsync(windows, cancellationToken);
        return new BackfillAnswer(
            missing.Count,
            answers.Count(answer => answer is EnqueueResult.Enqueued),
            answers.Count(answer => answer is EnqueueResult.Duplicate),
            answers.Count(answer => answer is EnqueueResult.RateLimited or EnqueueResult.Shed));
    }

    private async Task<List<DateTimeOffset>> MissingAsync(long repository, TimeWindow span, CancellationToken cancellationToken)
    {
        var today = TimeWindow.Of(clock.GetUtcNow(), BackfillWindow.Day).Start;
        var end = span.End < today ? span.End : today;
        var days = await hub.Activity.Where(day => day.RepositoryId == repository && day.Start >= span.Start && day.Start < end)
            .Select(day => day.Start).ToListAsync(cancellationToken);
        var known = days.ToHashSet();
        var missing = new List<DateTimeOffset>();
        for (var day = span.Start; day < end; day += BackfillWindow.Day)
        {
            if (!known.Contains(day))
            {
                missing.Add(day);
            }
        }

        return missing;
    }

    /// <summary>A week that is not over is a window of the days that are, so that it is another one tomorrow.</summary>
    private NewJob Window(TimeWindow week, HubRepository repository, string reason)
    {
        var today = TimeWindow.Of(clock.GetUtcNow(), BackfillWindow.Day).Start;
        var window = week with { End = week.End < today ? week.End : today };
        var job = new BackfillWindow(repository.Id, window.Start, window.End, reason);
        return NewJob.From(
            job,
            new EnqueueOptions
            {
                Unique = Unique.PerWindow($"repo-{repository.Id}", window) with { Ttl = options.DedupTtl }, Tenant = repository.Org, MaxAge = options.MaxAge,
            },
            jobs.Clock);
    }
}
