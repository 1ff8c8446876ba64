using System.Text;
using Forge.Git;

namespace BusJobs.UnitTests.Forge;

public sealed class TreeEntryTests
{
    private const string Id = "bc0b17da2f8956fe0464dd75455ea03c37c9a4be";

    [Fact]
    public void A_listing_is_read_whatever_the_names_are()
    {
        var entries = Parse($"100644 blob {Id}    1192\ta\n\"b\"\t--c\0" + $"160000 commit {Id}       -\tsub\0" + $"120000 blob {Id}       4\tlink\0");
        Assert.Equal(new TreeEntry("a\n\"b\"\t--c", "100644", Id, 1192), entries[0]);
        Assert.Equal((true, (long?)null), (entries[1].IsSubmodule, entries[1].Size));
        Assert.True(entries[2].IsSymlink);
    }

    [Fact]
    public void A_missing_blob_has_no_size() => Assert.Null(Parse($"100644 blob {Id}     BAD\ta\0")[0].Size);

    [Fact]
    public void A_name_that_is_no_UTF_8_is_quoted_as_git_does()
    {
        byte[] listing = [.. Encoding.ASCII.GetBytes($"100644 blob {Id} 1\tcaf"), 0xe9, (byte)'"', 0];
        Assert.Equal("\"caf\\351\\\"\"", TreeEntry.ParseListing(listing)[0].Path);
    }

    [Theory]
    [InlineData("100644 blob\ta\0")]
    [InlineData("no tab at all\0")]
    [InlineData("100644 blob x 1\tbreaks off")]
    public void Anything_else_is_refused(string listing) => Assert.Throws<FormatException>(() => Parse(listing));

    private static List<TreeEntry> Parse(string listing) => TreeEntry.ParseListing(Encoding.UTF8.GetBytes(listing));
}
