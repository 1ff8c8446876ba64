using System.Reflection;
using System.Text.RegularExpressions;

namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>Our programs, asked whether they take a command line and an environment as a file of deploy gives them.</summary>
internal static partial class Programs
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("busjobs-deploy-").FullName;
    private static readonly string Sources = string.Concat(Checkout.Sources("src").Select(file => file.Text));

    [GeneratedRegex(@"^(?<section>[A-Z]\w+?__[A-Z]\w+?)__(?<name>[A-Z]\w+?)(__\d+)?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Setting { get; }

    /// <param name="program"><c>BusJobs.Server</c> or <c>Forge.Host</c>.</param>
    /// <returns>What is wrong; null when the program would start.</returns>
    public static string? Fault(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            Read(program, arguments, name =>
            {
                asked.Add(name);
                return environment.GetValueOrDefault(name);
            });
        }
        catch (TargetInvocationException exception)
        {
            return exception.InnerException!.Message;
        }

        return environment.Keys.FirstOrDefault(name => !asked.Contains(name) && !IsSetting(name)) is { } unread ? $"{program} does not read {unread}" : null;
    }

    /// <summary>Where the program would listen.</summary>
    public static string Urls(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var settings = Read(program, arguments, environment.GetValueOrDefault);
        return (string)settings.GetType().GetProperty("Urls")!.GetValue(settings)!;
    }

    private static object Read(string program, IReadOnlyList<string> arguments, Func<string, string?> ask)
    {
        var read = Checkout.Load(program)!.GetType(program == "Forge.Host" ? "Forge.Host.HostSettings" : "BusJobs.Server.CommandLine")!
            .GetMethod("Read", BindingFlags.Public | BindingFlags.Static)!;
        // Folders are those of the container.
        return read.Invoke(null, [arguments.Select((word, place) => place > 0 && arguments[place - 1] is "--data" or "--repositories" ? Folder : word).ToArray(), ask])!;
    }

    /// <summary><c>BusJobs__Metrics__ScrapeFrom__0</c>: a section that is bound, and a property of that name.</summary>
    private static bool IsSetting(string name) => Setting.Match(name) is { Success: true } setting
        && Sources.Contains($"GetSection(\"{setting.Groups["section"].Value.Replace("__", ":", StringComparison.Ordinal)}\")", StringComparison.Ordinal)
        && Checkout.Types().Any(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.GetProperty(setting.Groups["name"].Value) is not null);
}
