using Forge.Indexing;

namespace BusJobs.UnitTests.Forge;

public sealed class BatchesTests
{
    private static readonly string Blob = new('a', 40);
    private static readonly ReindexSearch Frame = new("repo", "/repo/.git", Blob, 1, [], []);

    [Fact]
    public void A_batch_holds_at_most_the_given_number_of_files_and_no_file_is_lost()
    {
        var files = Files(100, size: 10);
        var jobs = Batches.Cut(Frame, files, [], filesPerBatch: 32);
        Assert.Equal([32, 32, 32, 4], jobs.Select(job => job.Files.Count));
        Assert.Equal(files.Select(file => file.File), jobs.SelectMany(job => job.Files));
    }

    [Fact]
    public void Large_files_make_small_batches()
    {
        var jobs = Batches.Cut(Frame, Files(10, size: 1024 * 1024), [], filesPerBatch: 32);
        Assert.Equal([4, 4, 2], jobs.Select(job => job.Files.Count));
    }

    [Fact]
    public void A_payload_of_the_longest_and_most_escaped_paths_fits_through_the_door()
    {
        var path = string.Concat(Enumerable.Repeat("é", 1_000));
        var files = Enumerable.Range(0, 500).Select(i => (new BatchFile(path + i, Blob), 0L)).ToList();
        var jobs = Batches.Cut(Frame, files, [.. files.Select(file => file.Item1.Path)], filesPerBatch: 500);
        Assert.All(jobs, job => Assert.Null(PayloadJson.Fault(PayloadJson.Write(job))));
        Assert.Equal(500, jobs.Sum(job => job.Files.Count));
        Assert.Equal(500, jobs.Sum(job => job.Deleted.Count));
    }

    [Fact]
    public void Deletions_travel_in_jobs_of_their_own()
    {
        var jobs = Batches.Cut(Frame, Files(1, 1), ["gone.txt"], filesPerBatch: 32);
        Assert.Equal([(1, 0), (0, 1)], jobs.Select(job => (job.Files.Count, job.Deleted.Count)));
    }

    [Fact]
    public void A_batch_survives_its_way_through_JSON()
    {
        var job = Frame with { Files = [new BatchFile("a \"quoted\"\nname", Blob), new BatchFile("link", Blob, SkipReason.Symlink)], Deleted = ["old"] };
        var read = (ReindexSearch)PayloadJson.Read(PayloadJson.Write(job), typeof(ReindexSearch));
        Assert.Equal(job.Files, read.Files);
        Assert.Equal(job.Deleted, read.Deleted);
    }

    private static List<(BatchFile File, long Size)> Files(int count, long size) =>
        [.. Enumerable.Range(0, count).Select(i => (new BatchFile($"src/{i}.cs", Blob), size))];
}
