using Forge.Indexing;

namespace BusJobs.UnitTests.Forge;

public sealed class BatchRulesTests
{
    private static readonly string Id = new('a', 40);
    private static readonly ReindexSearch Good = new("repo", "/repo/.git", Id, 1, [new BatchFile("a", Id)], []);

    public static TheoryData<string, ReindexSearch> Faults => new()
    {
        { "no repository", Good with { Repository = "" } },
        { "absolute path", Good with { Path = "repo" } },
        { "absolute path", Good with { Path = null! } },
        { "commit id", Good with { Commit = "HEAD" } },
        { "list of files", Good with { Files = null! } },
        { "no files", Good with { Files = [] } },
        { "usable path", Good with { Files = [new BatchFile("", Id)] } },
        { "usable path", Good with { Files = [null!] } },
        { "usable path", Good with { Deleted = ["nul\0"] } },
        { "blob id", Good with { Files = [new BatchFile("a", "--batch-all-objects")] } },
        { "blob id", Good with { Files = [new BatchFile("a", Id + "\n" + Id)] } },
        { "blob id", Good with { Files = [new BatchFile("a", null!)] } },
    };

    [Theory, MemberData(nameof(Faults))]
    public void A_batch_that_misses_its_ids_or_paths_is_permanently_refused(string reason, ReindexSearch job)
    {
        var exception = Assert.Throws<PermanentJobException>(() => BatchRules.Check(job));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_batch_passes() => BatchRules.Check(Good with { Deleted = ["b"] });
}
