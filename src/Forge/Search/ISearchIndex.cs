using Forge.Indexing;

namespace Forge.Search;

/// <summary>Where the text of repositories is kept so that substrings of it are found fast. Safe for concurrent use.</summary>
public interface ISearchIndex
{
    /// <summary>Makes the tables where they are missing. Several processes may do so at once.</summary>
    Task MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Notes the commit that the repository at a path should be indexed at. Another commit than before begins a new generation.</summary>
    /// <param name="name">Used unless another repository has it already.</param>
    Task<WantedHead> WantAsync(string name, string path, string commit, CancellationToken cancellationToken);

    /// <summary>Whether a batch of this generation would still be written.</summary>
    Task<bool> WantsAsync(string repository, long generation, CancellationToken cancellationToken);

    /// <summary>Every file the index has of a repository, by path.</summary>
    Task<IReadOnlyDictionary<string, KnownFile>> KnownFilesAsync(string repository, CancellationToken cancellationToken);

    /// <summary>Replaces and deletes files in one transaction.</summary>
    /// <returns>False when the batch belongs to a head that is no longer wanted, and nothing was written.</returns>
    Task<bool> WriteAsync(IndexBatch batch, CancellationToken cancellationToken);

    /// <summary>Files that may hold the query's text, by repository and path. Never too few; the caller looks for the lines.</summary>
    IAsyncEnumerable<FoundFile> FindAsync(SearchQuery query, CancellationToken cancellationToken);

    Task<SearchStats> StatsAsync(CancellationToken cancellationToken);
}

/// <param name="Repository">The name that the index gave it.</param>
public sealed record WantedHead(string Repository, long Generation);

public sealed record KnownFile(string Blob, SkipReason? Skipped);

public sealed record IndexBatch(string Repository, long Generation, IReadOnlyList<IndexedFile> Files, IReadOnlyList<string> Deleted);

/// <param name="Text">Null for a skipped file, which is kept all the same, so that it is counted and not read again.</param>
public sealed record IndexedFile(string Path, string Blob, string? Text, SkipReason? Skipped);

public sealed record FoundFile(string Repository, string Path, string Text);

/// <param name="Files">Indexed, without the skipped ones.</param>
/// <param name="Skipped">How many files were not indexed, by reason; reasons without files are left out.</param>
public sealed record SearchStats(long Files, long Lines, IReadOnlyDictionary<SkipReason, long> Skipped);
