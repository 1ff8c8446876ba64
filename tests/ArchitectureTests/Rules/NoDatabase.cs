using System.Text.Json;

namespace BusJobs.ArchitectureTests.Rules;

/// <summary>A worker service needs the broker, and no database: neither in its code nor by way of a package.</summary>
internal static class NoDatabase
{
    private static readonly string[] Databases = ["Npgsql", "EntityFrameworkCore", "Sqlite", "SQLitePCL", "SqlClient", "Dapper"];

    /// <param name="referencesOf">The references of an assembly, or null when it is not ours to follow.</param>
    public static IEnumerable<string> InClosure(string project, Func<string, IEnumerable<string>?> referencesOf)
    {
        var met = new HashSet<string>(StringComparer.Ordinal) { project };
        var waiting = new Queue<string>([project]);
        while (waiting.TryDequeue(out var name))
        {
            if (IsDatabase(name))
            {
                yield return $"{project} reaches {name}.";
            }

            foreach (var next in referencesOf(name)?.Where(met.Add) ?? [])
            {
                waiting.Enqueue(next);
            }
        }
    }

    /// <param name="lockFile">The text of a packages.lock.json.</param>
    public static IEnumerable<string> InPackages(string project, string lockFile) =>
        from framework in JsonDocument.Parse(lockFile).RootElement.GetProperty("dependencies").EnumerateObject()
        from package in framework.Value.EnumerateObject()
        where IsDatabase(package.Name)
        select $"{project} restores {package.Name}.";

    private static bool IsDatabase(string name) => Databases.Any(database => name.Contains(database, StringComparison.OrdinalIgnoreCase));
}
