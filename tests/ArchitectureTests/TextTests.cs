using BusJobs.ArchitectureTests.Rules;

namespace BusJobs.ArchitectureTests;

public sealed class TextTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    [Fact]
    public void SQL_goes_by_a_clock_that_tests_can_move() => Assert.Empty(Texts.BareWallClocks(Checkout.Sources("src"), Texts.RealMoments));

    [Fact]
    public void A_bare_wall_clock_is_seen()
    {
        var text = Checkout.Guilty("WallClock.cs.txt");
        Assert.Single(Texts.BareWallClocks([new SourceFile("src/A/Sql.cs", text)], Nothing));
        Assert.Single(Texts.BareWallClocks([new SourceFile("src/A/Sql.cs", "select datetime('now')")], Nothing));
        Assert.Empty(Texts.BareWallClocks([new SourceFile("src/A/Migrations/Sql.cs", text)], Nothing));
        Assert.Empty(Texts.BareWallClocks([new SourceFile("src/A/Sql.cs", "where run_at <= coalesce($2, now()) -- Clock.GetUtcNow()")], Nothing));
    }

    [Fact]
    public void Every_exempt_statement_still_needs_to_be_exempt() => Assert.All(Texts.RealMoments.Keys, path =>
        Assert.Single(Texts.BareWallClocks([new SourceFile(path, Checkout.Read(path))], Nothing)));

    [Fact]
    public void Comments_explain_themselves_without_issue_numbers() => Assert.Empty(Texts.IssueNumbers(Checkout.Sources("src", "tests")));

    [Fact]
    public void An_issue_number_is_seen() =>
        Assert.Equal(["src/A.cs:1 sends its reader to an issue tracker."], Texts.IssueNumbers([new SourceFile("src/A.cs", Checkout.Guilty("IssueNumber.cs.txt"))]));

    [Fact]
    public void Files_are_short()
    {
        Assert.Empty(Sizes.OfFiles(Checkout.Sources("src")));
        Assert.Empty(Sizes.OfFiles(Checkout.Sources("tests")));
    }

    [Fact]
    public void A_long_file_and_a_lot_of_longish_ones_are_seen()
    {
        Assert.Equal(2, Sizes.OfFiles([File(301)]).Count());
        Assert.Empty(Sizes.OfFiles([File(300), .. Enumerable.Repeat(File(150), 9)]));
        Assert.Single(Sizes.OfFiles([File(151), File(151), .. Enumerable.Repeat(File(150), 9)]));
    }

    [Fact]
    public void Folders_can_be_taken_in_at_a_glance() => Assert.Empty(Sizes.OfFolders(Checkout.Sources("src")));

    [Fact]
    public void A_full_or_a_deep_folder_is_seen()
    {
        Assert.Single(Sizes.OfFolders(Enumerable.Range(0, 10).Select(i => new SourceFile($"src/BusJobs/{i}.cs", ""))));
        Assert.Empty(Sizes.OfFolders(Enumerable.Range(0, 10).Select(i => new SourceFile($"src/BusJobs/Migrations/{i}.cs", ""))));
        Assert.Empty(Sizes.OfFolders([new SourceFile("src/BusJobs/a/b/A.cs", "")]));
        Assert.Single(Sizes.OfFolders([new SourceFile("src/BusJobs/a/b/c/A.cs", "")]));
    }

    [Fact]
    public void The_top_level_has_exactly_what_belongs_there() =>
        Assert.Empty(TopLevel.Violations([.. Directory.EnumerateFileSystemEntries(Checkout.Root).Select(entry => Path.GetFileName(entry))]));

    [Fact]
    public void A_stray_and_a_missing_entry_on_the_top_level_are_seen()
    {
        var faults = TopLevel.Violations(
            [".git", ".ci", ".config", ".editorconfig", ".gitignore", "LICENSE", "CHANGELOG.md", "Directory.Packages.props", "TestResults",
             "src", "tests", "deploy", "docker-compose.yml", "BusJobs.sln", "Directory.Build.props", "notes.txt"]);
        Assert.Equal(["notes.txt does not belong on the top level.", "README.md is missing on the top level."], faults);
    }

    private static SourceFile File(int lines) => new("src/A.cs", string.Concat(Enumerable.Repeat("x\n", lines)));
}
