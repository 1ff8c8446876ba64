using System.Security.Cryptography;
using System.Text;
using BusJobs;
using Forge.Git;
using Forge.Search;

namespace Forge.Indexing;

/// <summary>Compares a repository's head commit with what the index has, and enqueues the difference.</summary>
public sealed class SearchPlanner(RepositoryReader repositories, ISearchIndex index, IJobClient jobs, ForgeOptions options)
{
    /// <summary>In UTF-8. What an index entry of PostgreSQL can hold, with room for its other column.</summary>
    internal const int MaxPathBytes = 2_000;

    /// <summary>Git's way to say "no object": the head of a repository that has no commit.</summary>
    private static readonly string NoCommit = new('0', 40);

    /// <param name="path">The repository, bare or not, or any directory inside its work tree.</param>
    /// <exception cref="RepositoryNotFoundException">One sentence on why there is none.</exception>
    /// <exception cref="GitFailedException">Git cannot run, or cannot read the head commit.</exception>
    public Task<SearchPlan> PlanAsync(string path, CancellationToken cancellationToken) => PlanAsync(path, branch: null, cancellationToken);

    /// <inheritdoc cref="PlanAsync(string, CancellationToken)"/>
    /// <param name="path">The repository, bare or not, or any directory inside its work tree.</param>
    /// <param name="branch">Whose head is indexed; null for HEAD. One that is not there has no files.</param>
    public async Task<SearchPlan> PlanAsync(string path, string? branch, CancellationToken cancellationToken)
    {
        var repository = await repositories.OpenAsync(path, branch, cancellationToken);
        var tree = await repositories.ListAsync(repository, cancellationToken);
        var commit = repository.Head ?? NoCommit;

        // The wish is written down before the index is read: what an older batch writes from here on is dropped, what it
        // wrote before is seen, so nothing of an older head can slip in behind the comparison.
        var wanted = await index.WantAsync(repository.Name, repository.GitDirectory, commit, cancellationToken);
        var known = await index.KnownFilesAsync(wanted.Repository, cancellationToken);

        var files = tree.Select(entry => (Entry: entry, Skip: SkipOf(entry))).ToList();
        var changed = files.Where(file => file.Skip is not SkipReason.LongPath && !IsKnown(known, file.Entry, file.Skip))
            // What is tried again comes last, so that it does not move the ends of batches that wait.
            .OrderBy(file => known.ContainsKey(file.Entry.Path) && known[file.Entry.Path].Blob == file.Entry.Blob)
            .Select(file => (new BatchFile(file.Entry.Path, file.Entry.Blob, file.Skip), Batches.ContentBytes(file.Entry, file.Skip)))
            .ToList();
        var present = tree.Select(entry => entry.Path).ToHashSet();
        var deleted = known.Keys.Where(name => !present.Contains(name)).Order(StringComparer.Ordinal).ToList();

        var frame = new ReindexSearch(wanted.Repository, repository.GitDirectory, commit, wanted.Generation, [], []);
        var batches = Batches.Cut(frame, changed, deleted, options.FilesPerBatch);
        var answers = batches.Count == 0 ? [] : await jobs.EnqueueManyAsync([.. batches.Select(Once)], cancellationToken);
        var skipped = files.Where(file => file.Skip is not null).CountBy(file => file.Skip!.Value).ToDictionary();
        return new SearchPlan(
            wanted.Repository, repository.GitDirectory, repository.Head, tree.Count, changed.Count, deleted.Count, skipped, batches.Count,
            answers.Count(answer => answer is EnqueueResult.Duplicate));
    }

    /// <summary>A batch that waits or runs is not enqueued again. One that has ended, whichever way, is: the index has not got its files.</summary>
    private NewJob Once(ReindexSearch batch)
    {
        var job = NewJob.From(batch, options: null, jobs.Clock);
        var content = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(job.Payload)));
        return job with { Unique = Unique.WhileActive($"batch-{content}") with { WhenRunning = WhenRunning.Drop } };
    }

    private SkipReason? SkipOf(TreeEntry entry) => entry switch
    {
        _ when Encoding.UTF8.GetByteCount(entry.Path) > MaxPathBytes => SkipReason.LongPath,
        { IsSymlink: true } => SkipReason.Symlink,
        { IsSubmodule: true } => SkipReason.Submodule,
        { Size: { } size } when size > options.MaxFileBytes => SkipReason.Huge,
        _ => null,
    };

    private static bool IsKnown(IReadOnlyDictionary<string, KnownFile> known, TreeEntry entry, SkipReason? skip) =>
        known.TryGetValue(entry.Path, out var file)
        && string.Equals(file.Blob, entry.Blob, StringComparison.Ordinal)
        && file.Skipped is not SkipReason.Unreadable
        && (file.Skipped is SkipReason.Symlink or SkipReason.Submodule or SkipReason.Huge ? file.Skipped : null) == skip;
}
