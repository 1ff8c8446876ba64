using System.Net;
using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Cli;

namespace BusJobs.IntegrationTests.Dashboard;

/// <summary>Causes as programs, people with a browser, and people with a terminal are told them.</summary>
internal static class Told
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<(string Code, string Sentence)>> CausesAsync(string path, ApiStory story)
    {
        var (status, why) = await story.GetAsync(path);
        Assert.Equal(200, status);
        return [.. why.GetProperty("causes").EnumerateArray().Select(cause => (cause.GetProperty("code").GetString()!, cause.GetProperty("sentence").GetString()!))];
    }

    /// <summary>By a person with a browser, and by one with a terminal; the times in a sentence go on meanwhile.</summary>
    public static async Task IsSeenAsync(ApiStory story, string page, string sentence, params string[] words)
    {
        using var visit = await Visit.BeginAsync(story);
        var causes = (await visit.SeeAsync(page)).Page.Split("<ul class=\"causes\">")[1].Split("</ul>")[0];
        Assert.Contains(causes.Split("<li>").Skip(1).Select(cause => WebUtility.HtmlDecode(cause.Split('<')[0])), cause => Regex.IsMatch(cause, sentence, RegexOptions.None, Patience));
        var end = await CliProcess.RunAsync(
            new Dictionary<string, string?> { ["BUSJOBS_URL"] = story.Address.ToString(), ["BUSJOBS_KEY"] = story.Key, ["BUSJOBS_DATABASE"] = "" }, words);
        Assert.True(end is { Code: 0, Error: "" } && end.Output.Split('\n').Any(line => line.StartsWith("- ", StringComparison.Ordinal)
            && Regex.IsMatch(line[2..].TrimEnd(), sentence, RegexOptions.None, Patience)), end.ToString());
    }
}
