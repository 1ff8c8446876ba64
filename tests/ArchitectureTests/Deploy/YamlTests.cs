namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>The reader of YAML, which is ours, reads what it is given and refuses what it might read wrongly.</summary>
public sealed class YamlTests
{
    [Fact]
    public void Maps_lists_flows_anchors_and_merges_are_read()
    {
        var read = Yaml.ReadAll("""
            # a comment
            one: &first
              image: "a # b"   # behind a value
              command: ["x", 'y', http://0.0.0.0:80]
            two:
              <<: *first
              image: other
            list:
            - name: a
              more: { b: c, d: [] }
            - -plain:value
            ---
            nothing:
            """);
        Assert.Equal(2, read.Count);
        var map = (Dictionary<string, object?>)read[0]!;
        var (one, two) = ((Dictionary<string, object?>)map["one"]!, (Dictionary<string, object?>)map["two"]!);
        Assert.Equal("a # b", one["image"]);
        Assert.Equal(["x", "y", "http://0.0.0.0:80"], (List<object?>)two["command"]!);
        Assert.Equal("other", two["image"]);
        var list = (List<object?>)map["list"]!;
        Assert.Equal("c", ((Dictionary<string, object?>)((Dictionary<string, object?>)list[0]!)["more"]!)["b"]);
        Assert.Equal("-plain:value", list[1]);
        Assert.Null(((Dictionary<string, object?>)read[1]!)["nothing"]);
    }

    [Theory]
    [InlineData("a: 1\na: 2")]
    [InlineData("a: 1\n  b: 2")]
    [InlineData("a:\n  b: 1\n c: 2")]
    [InlineData("a:\n\tb: 1")]
    [InlineData("a: [1, 2")]
    [InlineData("a: {b: 1 c: 2}")]
    [InlineData("a: \"open")]
    [InlineData("a: *unknown")]
    [InlineData("a: b: c")]
    [InlineData("a: |\n  text")]
    [InlineData("just words")]
    public void What_is_broken_or_unknown_is_refused(string text) => Assert.Throws<FormatException>(() => Yaml.ReadAll(text));
}
