using BusJobs;
using Forge.Git;
using Forge.Search;

namespace Forge.Indexing;

/// <summary>Reads the files of one batch from git and replaces them in the index. Running it twice, or late, changes nothing.</summary>
internal sealed class ReindexSearchHandler(BlobReader blobs, RepositoryReader repositories, ISearchIndex index, ForgeOptions options)
    : IJobHandler<ReindexSearch>
{
    public async Task HandleAsync(ReindexSearch job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        BatchRules.Check(job);
        InjectedFaultException.ThrowIfHit(attempt, options.FaultRate);
        if (!await index.WantsAsync(job.Repository, job.Generation, cancellationToken))
        {
            attempt.ReportProgress(100, "A newer head is wanted; nothing to do.");
            return;
        }

        try
        {
            var files = await ReadAsync(job, attempt, cancellationToken);
            await index.WriteAsync(new IndexBatch(job.Repository, job.Generation, files, job.Deleted), cancellationToken);
            attempt.ReportProgress(100, $"{files.Count} files, {job.Deleted.Count} deletions");
        }
        catch (RepositoryNotFoundException exception)
        {
            throw exception.AsPermanent(job.Repository);
        }
    }

    private async Task<List<IndexedFile>> ReadAsync(ReindexSearch job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        var wanted = job.Files.DistinctBy(file => file.Path).ToList();
        var files = wanted.Where(file => file.Skip is not null).Select(file => new IndexedFile(file.Path, file.Blob, Text: null, file.Skip)).ToList();
        var unread = wanted.Where(file => file.Skip is null).ToList();
        var next = 0;
        await foreach (var blob in blobs.ReadAsync(job.Path, [.. unread.Select(file => file.Blob)], options.MaxFileBytes, cancellationToken))
        {
            files.Add(Classify(unread[next++], blob));
            attempt.ReportProgress(next * 80 / unread.Count, $"{next} of {unread.Count} files read");
        }

        if (files.Exists(file => file.Skipped is SkipReason.Unreadable))
        {
            // A repository that vanished meanwhile looks like one that has not got its blobs.
            await repositories.EnsureAsync(job.Path, cancellationToken);
        }

        return files;
    }

    private static IndexedFile Classify(BatchFile file, BlobContent blob)
    {
        if (blob.Content is null)
        {
            return new IndexedFile(file.Path, file.Blob, Text: null, blob.TooLarge ? SkipReason.Huge : SkipReason.Unreadable);
        }

        var (text, skipped) = TextFile.Read(blob.Content);
        return new IndexedFile(file.Path, file.Blob, text, skipped);
    }
}
