namespace BusJobs.ArchitectureTests.Rules;

/// <summary>What the repository shows first.</summary>
internal static class TopLevel
{
    private static readonly string[] Required =
    [
        "src", "tests", "deploy", "docker-compose.yml", "BusJobs.sln", "Directory.Build.props", "README.md",
        ".ci", ".config", ".editorconfig", ".gitignore", "LICENSE", "CHANGELOG.md", "Directory.Packages.props",
    ];

    /// <summary>Git's own, and what the build and editors leave and Git ignores.</summary>
    private static readonly string[] Passing = [".git", ".gitattributes", "artifacts", "bin", "obj", "TestResults", ".vs", ".idea"];

    public static IEnumerable<string> Violations(IReadOnlyCollection<string> entries) =>
    [
        .. entries.Except(Required).Except(Passing).Select(entry => $"{entry} does not belong on the top level."),
        .. Required.Except(entries).Select(entry => $"{entry} is missing on the top level."),
    ];
}
