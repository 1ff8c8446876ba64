using System.Text.Json.Serialization;
using BusJobs;

namespace Forge.Indexing;

/// <summary>Brings one batch of files of a repository's head commit into the search index.</summary>
/// <param name="Repository">The name under which the index knows the repository.</param>
/// <param name="Path">The absolute git directory.</param>
/// <param name="Commit">The head that was compared with the index.</param>
/// <param name="Generation">Which wish of the repository this batch belongs to; a batch of an earlier one is dropped.</param>
/// <param name="Files">What to read and index.</param>
/// <param name="Deleted">Paths to forget.</param>
[JobKind("forge.reindex-search", Queue = "search")]
public sealed record ReindexSearch(
    string Repository, string Path, string Commit, long Generation, IReadOnlyList<BatchFile> Files, IReadOnlyList<string> Deleted);

/// <param name="Blob">The object id of the content.</param>
/// <param name="Skip">Known from the tree alone, so the content need not be read.</param>
public sealed record BatchFile(
    string Path, string Blob, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SkipReason? Skip = null);

/// <summary>Why a file is counted and not indexed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SkipReason>))]
public enum SkipReason
{
    /// <summary>It has a NUL among its first 8,000 bytes.</summary>
    Binary,

    /// <summary>It is larger than <see cref="ForgeOptions.MaxFileBytes"/>.</summary>
    Huge,

    /// <summary>Its bytes are no UTF-8.</summary>
    NotUtf8,

    /// <summary>Git has not got the blob, or cannot read it. Tried again by the next plan.</summary>
    Unreadable,

    Symlink,
    Submodule,

    /// <summary>Its path is too long to be kept; only the plan counts it.</summary>
    LongPath,
}
