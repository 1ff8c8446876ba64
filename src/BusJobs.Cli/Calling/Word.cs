using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using BusJobs.Ledger;

namespace BusJobs.Cli.Calling;

/// <summary>Options and arguments that say themselves what they allow.</summary>
internal static class Word
{
    public static Option<string?> Text(string name, string description, string valueName) => new(name) { Description = description, HelpName = valueName };

    /// <summary>A length of time, as the API reads it.</summary>
    public static Option<string?> Duration(string name, string description) => Checked(
        name, description, "TIME", text => DurationText.TryParse(text, out _) ? text : null, DurationText.Allowed);

    public static Option<int?> Number(string name, string description, int least, int most) => new(name)
    {
        Description = description, HelpName = "N",
        CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : Wrong<int?>(result, name, $"a whole number from {least:N0} to {most:N0}"),
    };

    public static Option<string?> Checked(string name, string description, string valueName, Func<string, string?> read, string allowed) => new(name)
    {
        Description = description, HelpName = valueName, CustomParser = result => read(result.Tokens[0].Value) ?? Wrong<string?>(result, name, allowed),
    };

    public static Argument<string> Name(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Names.IsAllowed(result.Tokens[0].Value) ? result.Tokens[0].Value : Wrong<string>(result, name, Names.Allowed),
    };

    /// <summary>For a command that can be told in another way what is meant.</summary>
    public static Argument<string?> NameIfAny(string name, string description) => new(name)
    {
        Description = description, Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens is [{ Value: var text }] ? Names.IsAllowed(text) ? text : Wrong<string?>(result, name, Names.Allowed) : null,
    };

    /// <summary>A name, or the star that stands for each without a rule of its own.</summary>
    public static Argument<string> NameOrEach(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => result.Tokens[0].Value is var text && (text == DispatchLimit.Each || Names.IsAllowed(text)) ? text : Wrong<string>(result, name, $"{Names.Allowed}; or {DispatchLimit.Each}"),
    };

    public static Argument<string> OneOf(string name, string description, params string[] words)
    {
        var argument = new Argument<string>(name)
        {
            Description = description, HelpName = string.Join('|', words),
            CustomParser = result => words.Contains(result.Tokens[0].Value, StringComparer.Ordinal) ? result.Tokens[0].Value : Wrong<string>(result, name, string.Join(", ", words)),
        };
        argument.CompletionSources.Add(words);
        return argument;
    }

    public static Argument<string> Id { get; } = new("id") { Description = "The id of the job.", CustomParser = result => ReadId(result, result.Tokens[0].Value) };

    public static Argument<string[]> Ids { get; } = Many("The ids of jobs.", ArgumentArity.OneOrMore);

    /// <summary>For a command that can be told in another way which jobs are meant.</summary>
    public static Argument<string[]> IdsIfAny { get; } = Many("The ids of jobs; none when options say which.", ArgumentArity.ZeroOrMore);

    public static Argument<string> Payload { get; } = new("payload") { Description = "JSON, @FILE, or - for standard input." };

    private static Argument<string[]> Many(string description, ArgumentArity arity) => new("id")
    {
        Description = description, Arity = arity, CustomParser = result => [.. result.Tokens.Select(token => ReadId(result, token.Value)).OfType<string>()],
    };

    private static string? ReadId(ArgumentResult result, string text) =>
        Guid.TryParseExact(text, "D", out var id) ? id.ToString() : Wrong<string>(result, "id", "the id of a job, such as 0198a1b2-0000-7000-8000-000000000001");

    private static T? Wrong<T>(ArgumentResult result, string name, string allowed)
    {
        result.AddError(new JobRefusedException(name, result.Tokens[^1].Value, allowed).Message);
        return default;
    }
}
