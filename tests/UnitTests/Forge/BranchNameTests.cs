using Forge.Git;

namespace BusJobs.UnitTests.Forge;

public sealed class BranchNameTests
{
    [Theory]
    [InlineData("main")]
    [InlineData("topic/1")]
    [InlineData("feature/naïve-größe_v1.2+x")]
    public void Names_of_branches_are_taken(string name) => Assert.True(BranchReader.IsName(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-main")]
    [InlineData("--upload-pack=x")]
    [InlineData("a..b")]
    [InlineData("a@{1}")]
    [InlineData("a^")]
    [InlineData("a~1")]
    [InlineData("a:b")]
    [InlineData("a b")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a/.b")]
    [InlineData("a.")]
    [InlineData("a.lock")]
    [InlineData("a*")]
    public void What_git_could_take_for_something_else_is_refused(string? name) => Assert.False(BranchReader.IsName(name));

    [Fact]
    public void A_name_has_at_most_two_hundred_characters()
    {
        Assert.True(BranchReader.IsName(new string('a', 200)));
        Assert.False(BranchReader.IsName(new string('a', 201)));
    }
}
