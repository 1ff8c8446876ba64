using System.CommandLine;
using System.Globalization;

namespace BusJobs.Cli;

/// <summary>Answers a shell that asks for completions, in the way of System.CommandLine: <c>busjobs [suggest:POSITION] "LINE"</c>.</summary>
internal static class Completion
{
    private const string Ask = "[suggest";

    public static bool IsAskedFor(string[] words) => words is [{ } first, ..] && first.StartsWith(Ask, StringComparison.Ordinal) && first.EndsWith(']');

    public static async Task<int> AnswerAsync(Command command, string[] words, TextWriter output)
    {
        var line = words.Length > 1 ? words[1] : "";
        var position = int.TryParse(words[0][Ask.Length..^1].TrimStart(':'), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Min(asked, line.Length) : line.Length;
        foreach (var completion in command.Parse(line, CommandTree.Parsing).GetCompletions(position))
        {
            await output.WriteLineAsync(completion.Label);
        }

        return 0;
    }
}
