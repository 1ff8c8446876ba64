using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace BusJobs.Api.Letters;

/// <summary>
/// What makes two failures the same one: the kind, the type of the exception and its top frames; without frames, the first line with what varies in it taken out.
/// </summary>
/// <param name="Key">16 hexadecimal digits.</param>
/// <param name="Error">The type of the exception, or the line.</param>
/// <param name="Frames">The top frames, without files and lines; none for a reason that is no exception.</param>
public sealed partial record Fingerprint(string Key, string Kind, string Error, IReadOnlyList<string> Frames)
{
    private const int TopFrames = 3;
    private const int LongestLine = 200;

    [GeneratedRegex(@"^(?<type>[A-Za-z_][\w`+.]*Exception(`\d+)?)(:|$)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 250)]
    private static partial Regex ExceptionType { get; }

    [GeneratedRegex(@"""[^""]{0,200}""|'[^']{0,200}'|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d+([.,:]\d+)*|[0-9a-f]{16,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 250)]
    private static partial Regex Varying { get; }

    /// <param name="reason">The beginning of a reason is enough.</param>
    public static Fingerprint Of(string kind, string reason)
    {
        var lines = reason.Split('\n');
        var frames = lines.Where(line => line.StartsWith("   at ", StringComparison.Ordinal)).Select(Frame).Take(TopFrames).ToList();
        var first = lines[0].Trim();
        var type = ExceptionType.Match(first) is { Success: true } match ? match.Groups["type"].Value : null;
        // A type without frames says little: two jobs that are refused by the same exception may be so for different reasons.
        var error = type is not null && frames.Count > 0 ? type : Varying.Replace(first.Length > LongestLine ? first[..LongestLine] : first, "…");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{error}\n{string.Join('\n', frames)}"));
        return new Fingerprint(Convert.ToHexStringLower(hash.AsSpan(0, 8)), kind, error, frames);
    }

    private static string Frame(string line)
    {
        var frame = line["   at ".Length..].TrimEnd('\r');
        return frame.IndexOf(") in ", StringComparison.Ordinal) is >= 0 and var end ? frame[..(end + 1)] : frame;
    }
}
