using System.Collections.Concurrent;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Ledger.Letters;

namespace BusJobs.Api.Letters;

/// <param name="Line">The first line of the reason, without what looks like a secret: 240 characters.</param>
public sealed record Death(DeadJob Job, Fingerprint Fingerprint, string Line);

/// <summary>What the newest dead jobs died of. Each death is read once, since it changes no more; a job that dies again has another death.</summary>
internal sealed class Deaths(IDeadLetters letters)
{
    /// <summary>So many of the newest dead jobs are looked at, however many there are.</summary>
    public const int Most = 10_000;

    private const int AtOnce = 1_000;
    private const int LongestLine = 240;

    private readonly ConcurrentDictionary<(Guid JobId, DateTimeOffset DiedAt), Death> known = new();
    private readonly ConcurrentDictionary<string, Fingerprint> fingerprints = new(StringComparer.Ordinal);

    /// <summary>Newest first.</summary>
    /// <param name="tenant">Only jobs of this tenant; null for all.</param>
    public async Task<IReadOnlyList<Death>> NewestAsync(string? tenant, CancellationToken cancellationToken)
    {
        Forget();
        var dead = await letters.NewestAsync(tenant, Most, cancellationToken);
        foreach (var unread in dead.Where(job => !known.ContainsKey(KeyOf(job))).Chunk(AtOnce))
        {
            await ReadAsync(unread, cancellationToken);
        }

        return [.. dead.Select(job => known.GetValueOrDefault(KeyOf(job))).OfType<Death>()];
    }

    /// <param name="kind">Only groups of this kind; null for all.</param>
    /// <returns>The group with the newest death first, and how many dead jobs were looked at.</returns>
    public async Task<(IReadOnlyList<DeadGroup> Groups, int Looked)> GroupsAsync(string? tenant, string? kind, CancellationToken cancellationToken)
    {
        var deaths = await NewestAsync(tenant, cancellationToken);
        return (DeadGroup.Of(deaths.Where(death => kind is null || death.Job.Kind == kind)), deaths.Count);
    }

    /// <returns>Null when none of the newest dead jobs has this fingerprint.</returns>
    public async Task<DeadGroup?> FindAsync(string fingerprint, string? tenant, CancellationToken cancellationToken) =>
        (await GroupsAsync(tenant, kind: null, cancellationToken)).Groups.FirstOrDefault(group => group.Fingerprint.Key == fingerprint);

    /// <summary>The beginning of a job's reason: 2,000 characters, without what looks like a secret.</summary>
    public async Task<string> ReasonAsync(Guid jobId, CancellationToken cancellationToken) =>
        Shown.Scrubbed((await letters.StandingsAsync([jobId], cancellationToken)).FirstOrDefault()?.Reason ?? "");

    private async Task ReadAsync(IReadOnlyCollection<DeadJob> jobs, CancellationToken cancellationToken)
    {
        var standings = (await letters.StandingsAsync([.. jobs.Select(job => job.Id)], cancellationToken)).ToDictionary(job => job.Id);
        foreach (var job in jobs)
        {
            // Who was redriven meanwhile is not dead any more.
            if (standings.GetValueOrDefault(job.Id) is { State: LedgerState.Dead } standing)
            {
                var reason = standing.Reason ?? "";
                var fingerprint = Fingerprint.Of(job.Kind, reason);
                known[KeyOf(job)] = new Death(job, fingerprints.GetOrAdd(fingerprint.Key, fingerprint), Shown.Line(reason, LongestLine));
            }
        }
    }

    /// <summary>Deaths of jobs that are not among the newest, or not dead, any more.</summary>
    private void Forget()
    {
        if (known.Count > 3 * Most)
        {
            known.Clear();
            fingerprints.Clear();
        }
    }

    private static (Guid, DateTimeOffset) KeyOf(DeadJob job) => (job.Id, job.DiedAt);
}
