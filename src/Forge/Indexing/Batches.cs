using System.Text.Json;
using Forge.Git;

namespace Forge.Indexing;

/// <summary>
/// Cuts a plan's changes into jobs that are small enough to travel and quick enough to run. Where a batch ends depends on its own files alone, so
/// a plan from which whole batches are gone, because they are done, is cut into those that are left.
/// </summary>
internal static class Batches
{
    /// <summary>Of JSON, from which on a batch is full; well below the door's limit of 256 KiB, so that its last file and the frame fit as well.</summary>
    private const int FullJsonBytes = 128 * 1024;

    /// <summary>Of the files' content, which one job holds in memory and writes in one transaction, from which on a batch is full.</summary>
    private const long FullContentBytes = 4 * 1024 * 1024;

    public static IReadOnlyList<ReindexSearch> Cut(
        ReindexSearch frame, IReadOnlyList<(BatchFile File, long Size)> files, IReadOnlyList<string> deleted, int filesPerBatch)
    {
        var jobs = new List<ReindexSearch>();
        foreach (var group in Groups(files, filesPerBatch, item => Json(item.File.Path) + item.File.Blob.Length + 64, item => item.Size))
        {
            jobs.Add(frame with { Files = [.. group.Select(item => item.File)], Deleted = [] });
        }

        foreach (var group in Groups(deleted, filesPerBatch * 8, path => Json(path) + 8, _ => 0))
        {
            jobs.Add(frame with { Files = [], Deleted = group });
        }

        return jobs;
    }

    /// <summary>What a file costs to read: nothing when it is skipped for what it is.</summary>
    public static long ContentBytes(TreeEntry entry, SkipReason? skip) => skip is null ? entry.Size ?? 0 : 0;

    private static IEnumerable<List<T>> Groups<T>(IEnumerable<T> items, int maxCount, Func<T, int> json, Func<T, long> content)
    {
        var group = new List<T>();
        var (jsonBytes, contentBytes) = (0, 0L);
        foreach (var item in items)
        {
            group.Add(item);
            (jsonBytes, contentBytes) = (jsonBytes + json(item), contentBytes + content(item));
            if (group.Count == maxCount || jsonBytes >= FullJsonBytes || contentBytes >= FullContentBytes)
            {
                yield return group;
                (group, jsonBytes, contentBytes) = ([], 0, 0);
            }
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    /// <summary>Bytes of the path as the payload's encoder writes it, which escapes all but plain ASCII.</summary>
    private static int Json(string path) => JsonEncodedText.Encode(path).EncodedUtf8Bytes.Length;
}
