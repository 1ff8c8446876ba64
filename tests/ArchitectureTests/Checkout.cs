using System.Reflection;
using System.Runtime.Loader;

namespace BusJobs.ArchitectureTests;

/// <summary>The repository that these tests were built from, and the assemblies that came out of it.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    /// <summary>C# files below a folder of the repository, without what the build makes.</summary>
    public static IReadOnlyList<SourceFile> Sources(params string[] folders) =>
    [
        .. folders.SelectMany(folder => Files(folder, "*.cs"))
            .Select(path => new SourceFile(Path.GetRelativePath(Root, path).Replace('\\', '/'), File.ReadAllText(path)))
            .OrderBy(file => file.Path, StringComparer.Ordinal),
    ];

    public static IReadOnlyList<ProjectFile> Projects() =>
        [.. Files("src", "*.csproj").Select(path => ProjectFile.Parse(Path.GetFileNameWithoutExtension(path), File.ReadAllText(path)))];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Input that a rule must flag.</summary>
    public static string Guilty(string name) => Read("tests/ArchitectureTests/Guilty/" + name);

    /// <summary>What src is compiled to, as it lies beside this test.</summary>
    public static IReadOnlyList<Assembly> Assemblies() => [.. Projects().Select(project => Load(project.Name)!)];

    /// <summary>Null when the assembly is not ours and comes with the framework.</summary>
    public static Assembly? Load(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        return File.Exists(path) ? AssemblyLoadContext.Default.LoadFromAssemblyPath(path) : null;
    }

    /// <summary>Types that people wrote.</summary>
    public static IReadOnlyList<Type> Types() =>
        [.. Assemblies().SelectMany(assembly => assembly.GetTypes()).Where(type => !type.FullName!.Contains('<', StringComparison.Ordinal))];

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "BusJobs.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No BusJobs.sln above {AppContext.BaseDirectory}.");
    }
}

/// <param name="Path">From the root of the repository, with slashes.</param>
internal sealed record SourceFile(string Path, string Text)
{
    public string[] Lines { get; } = Text.TrimEnd('\n').Split('\n');
    public string Folder => Path[..Path.LastIndexOf('/')];
}
