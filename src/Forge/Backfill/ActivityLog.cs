using BusJobs;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Backfill;

/// <param name="Start">Midnight, UTC.</param>
/// <param name="Day">Null when there are no statistics of it yet.</param>
public sealed record ActivityLine(DateTimeOffset Start, ActivityDay? Day);

/// <summary>What is known of repositories day by day, for people, and asking for what is missing.</summary>
public sealed class ActivityLog(HubContext hub, MissingWindows windows)
{
    private const int MostRepositories = 1_000;

    public Task<List<HubRepository>> RepositoriesAsync(CancellationToken cancellationToken) =>
        hub.Repositories.AsNoTracking().OrderBy(repository => repository.Org).ThenBy(repository => repository.Name).Take(MostRepositories).ToListAsync(cancellationToken);

    /// <param name="span">Of whole days.</param>
    /// <returns>One line for each day of the span, in order.</returns>
    public async Task<IReadOnlyList<ActivityLine>> DaysAsync(long repository, TimeWindow span, CancellationToken cancellationToken)
    {
        var known = await hub.Activity.AsNoTracking().Where(day => day.RepositoryId == repository && day.Start >= span.Start && day.Start < span.End)
            .ToDictionaryAsync(day => day.Start, cancellationToken);
        return [.. Enumerable.Range(0, (int)(span.End - span.Start).TotalDays).Select(i => span.Start.AddDays(i)).Select(day => new ActivityLine(day, known.GetValueOrDefault(day)))];
    }

    /// <inheritdoc cref="MissingWindows.EnqueueMissingAsync"/>
    /// <remarks>It is committed.</remarks>
    public async Task<BackfillAnswer> FillAsync(HubRepository repository, TimeWindow span, string reason, CancellationToken cancellationToken)
    {
        var answer = await windows.EnqueueMissingAsync(repository.Org, repository.Name, span.Start, span.End, reason, cancellationToken);
        await hub.SaveChangesAsync(cancellationToken);
        return answer;
    }
}
