namespace BusJobs.ArchitectureTests.Rules;

/// <summary>How long a file may be, and how full and deep a folder.</summary>
internal static class Sizes
{
    private const int Longest = 300;
    private const int Usual = 150;
    private const int FilesPerFolder = 9;
    private const int Levels = 2;

    public static IEnumerable<string> OfFiles(IReadOnlyCollection<SourceFile> files)
    {
        foreach (var file in files.Where(file => file.Lines.Length > Longest))
        {
            yield return $"{file.Path} has {file.Lines.Length} lines, more than {Longest}.";
        }

        var usual = files.Count(file => file.Lines.Length <= Usual);
        if (usual * 10 < files.Count * 9)
        {
            yield return $"Only {usual} of {files.Count} files have at most {Usual} lines.";
        }
    }

    public static IEnumerable<string> OfFolders(IEnumerable<SourceFile> files) =>
        from folder in files.GroupBy(file => file.Folder)
        where !folder.Key.EndsWith("/Migrations", StringComparison.Ordinal)
        from fault in FaultsOf(folder.Key, folder.Count())
        select fault;

    private static IEnumerable<string> FaultsOf(string folder, int files)
    {
        if (files > FilesPerFolder)
        {
            yield return $"{folder} has {files} files, more than {FilesPerFolder}.";
        }

        // src, the project, and the folders in it.
        if (folder.Split('/').Length - 2 > Levels)
        {
            yield return $"{folder} lies deeper than {Levels} folders in its project.";
        }
    }
}
