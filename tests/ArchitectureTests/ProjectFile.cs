using System.Xml.Linq;

namespace BusJobs.ArchitectureTests;

/// <summary>What a project file says of its dependencies.</summary>
internal sealed record ProjectFile(string Name, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    public static ProjectFile Parse(string name, string text)
    {
        var root = XElement.Parse(text);
        return new ProjectFile(
            name,
            [.. Includes(root, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))],
            [.. Includes(root, "PackageReference")]);
    }

    private static IEnumerable<string> Includes(XElement root, string element) =>
        root.Descendants(element).Select(reference => reference.Attribute("Include")?.Value).OfType<string>();
}
