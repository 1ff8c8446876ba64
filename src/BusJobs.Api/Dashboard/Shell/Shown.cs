using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using BusJobs.Api.Input;
using BusJobs.Api.Jobs;

namespace BusJobs.Api.Dashboard.Shell;

/// <summary>How values are put for people.</summary>
public static partial class Shown
{
    [GeneratedRegex(@"(?<name>pass(word|wd)?|pwd|secret|token|api[_-]?key|authorization|sharedaccesskey|accountkey)(?<sign>[""']?\s*[=:]\s*)(bearer\s+|basic\s+)?[""']?[^\s;,""'&]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 250)]
    private static partial Regex Secret { get; }

    /// <summary>The two largest units: <c>3 d 4 h</c>, <c>12 s</c>, <c>80 ms</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        _ when span < TimeSpan.Zero => Span(-span),
        { TotalSeconds: < 1 } => $"{span.TotalMilliseconds:0} ms",
        { TotalSeconds: < 10 } => $"{Math.Floor(span.TotalSeconds * 10) / 10:0.#} s",
        { TotalMinutes: < 1 } => $"{Math.Floor(span.TotalSeconds):0} s",
        { TotalHours: < 1 } => Two((int)span.TotalMinutes, "min", span.Seconds, "s"),
        { TotalDays: < 1 } => Two((int)span.TotalHours, "h", span.Minutes, "min"),
        _ => Two((int)span.TotalDays, "d", span.Hours, "h"),
    };

    public static string Seconds(double seconds) => Span(TimeSpan.FromSeconds(seconds));

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Jobs(long number) => number == 1 ? "1 job" : $"{Number(number)} jobs";

    /// <summary>To the second, in UTC.</summary>
    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>For machines, in the attribute of a time element.</summary>
    public static string Machine(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The first line, at most so many characters of it.</summary>
    public static string Line(string? text, int most)
    {
        var line = (text ?? "").AsSpan();
        line = line.IndexOfAny('\r', '\n') is >= 0 and var end ? line[..end] : line;
        return line.Length <= most ? Scrubbed(line.ToString()) : Scrubbed(line[..most].ToString()) + "…";
    }

    /// <summary>JSON, indented, with a mask in place of what members with telling names hold. What is no JSON is shown without what looks like the value of a secret.</summary>
    public static string Json(string text)
    {
        try
        {
            return PayloadMask.Show(text, reveal: false).Text;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Scrubbed(text);
        }
    }

    /// <summary>Lines of <c>name: value</c>, with a mask in place of the values of telling names.</summary>
    public static string Headers(string lines) => string.Join('\n', lines.Split('\n').Select(line =>
        line.IndexOf(':', StringComparison.Ordinal) is > 0 and var end && PayloadMask.IsSecret(line[..end].Trim()) ? $"{line[..end]}: {PayloadMask.Mask}" : line));

    /// <summary>Without what looks like the value of a secret: exceptions like to repeat connection strings.</summary>
    public static string Scrubbed(string text)
    {
        try
        {
            return Secret.Replace(text, match => $"{match.Groups["name"].Value}{match.Groups["sign"].Value}•••");
        }
        catch (RegexMatchTimeoutException)
        {
            return "(a text that took too long to look through)";
        }
    }

    /// <summary>The word for a state; a dispatched job is one that runs, to whoever looks.</summary>
    public static string State(LedgerState state) => state == LedgerState.Dispatched ? "running" : state.Word;

    private static string Two(int large, string largeUnit, int small, string smallUnit) => small == 0 ? $"{large} {largeUnit}" : $"{large} {largeUnit} {small} {smallUnit}";
}
