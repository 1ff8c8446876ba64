using System.Text;
using System.Text.RegularExpressions;
using BusJobs;

namespace Forge.Indexing;

/// <summary>What a batch must hold, whoever enqueued it. A fault here is in the payload, so no retry can mend it.</summary>
internal static partial class BatchRules
{
    [GeneratedRegex(@"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\z", RegexOptions.None, matchTimeoutMilliseconds: 100)]
    private static partial Regex ObjectId { get; }

    /// <exception cref="PermanentJobException">One sentence on the first fault.</exception>
    public static void Check(ReindexSearch job)
    {
        Require(!string.IsNullOrWhiteSpace(job.Repository), "names no repository");
        Require(!string.IsNullOrWhiteSpace(job.Path) && Path.IsPathFullyQualified(job.Path) && !job.Path.Contains('\0'), "has no absolute path of a repository");
        Require(IsObjectId(job.Commit), "has no commit id");
        Require(job.Files is not null && job.Deleted is not null, "has no list of files");
        Require(job.Files!.Count + job.Deleted!.Count > 0, "holds no files");
        foreach (var file in job.Files)
        {
            Require(file is not null && IsPath(file.Path), "holds a file without a usable path");
            Require(IsObjectId(file!.Blob), "holds a file without a blob id");
            Require(file.Skip is null || Enum.IsDefined(file.Skip.Value), "skips a file for an unknown reason");
        }

        Require(job.Deleted.All(IsPath), "deletes a file without a usable path");
    }

    private static bool IsObjectId(string? id) => id is not null && ObjectId.IsMatch(id);

    private static bool IsPath(string? path) =>
        !string.IsNullOrEmpty(path) && !path.Contains('\0') && Encoding.UTF8.GetByteCount(path) <= SearchPlanner.MaxPathBytes;

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new PermanentJobException($"The batch {fault}.");
        }
    }
}
