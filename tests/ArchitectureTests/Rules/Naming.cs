using System.Text.RegularExpressions;

namespace BusJobs.ArchitectureTests.Rules;

/// <summary>A name says what a thing is, so words that fit anything are not used for types and folders.</summary>
internal static partial class Naming
{
    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Utility|Utilities|Common|Misc|Processor)(?![a-z])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Empty { get; }

    /// <summary>What its users have always called it.</summary>
    private static readonly string[] Exempt = ["LocalProcessor`1"];

    public static IEnumerable<string> OfTypes(IEnumerable<Type> types) =>
        types.Where(type => Empty.IsMatch(type.Name) && !Exempt.Contains(type.Name)).Select(type => $"The name of {type.FullName} fits anything.");

    public static IEnumerable<string> OfFolders(IEnumerable<SourceFile> files) =>
        files.Select(file => file.Folder).Distinct().Where(folder => Empty.IsMatch(folder)).Select(folder => $"The name of folder {folder} fits anything.");
}
