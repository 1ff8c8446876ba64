namespace Forge.Search;

/// <summary>A question that the index can answer: one line of text, looked for without regard to case.</summary>
public sealed record SearchQuery
{
    public const int MinLength = 3;
    public const int MaxLength = 1_000;
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    private SearchQuery(string text, string? repository, int limit) => (Text, Repository, Limit) = (text, repository, limit);

    public string Text { get; }

    /// <summary>Null for all repositories.</summary>
    public string? Repository { get; }

    /// <summary>Hits, 1 to 200.</summary>
    public int Limit { get; }

    /// <param name="limit">Above 200 counts as 200. Default: 50.</param>
    /// <exception cref="SearchRefusedException">One clear sentence on what is wrong.</exception>
    public static SearchQuery From(string? text, string? repository, int? limit)
    {
        Require(!string.IsNullOrWhiteSpace(text), "Say what to look for: q is empty.");
        Require(text!.Length <= MaxLength, $"q has {text.Length:N0} characters; at most {MaxLength:N0} are allowed.");
        Require(!text.Any(c => char.IsControl(c) && c != '\t'), "q must be one line without control characters.");
        Require(IsWellFormed(text), "q is not well-formed Unicode.");
        Require(text.EnumerateRunes().Count() >= MinLength, $"q needs at least {MinLength} characters.");
        Require(repository is null || (repository.Length <= 200 && !repository.Any(char.IsControl) && IsWellFormed(repository)), "repo is not the name of a repository.");
        Require(limit is null or >= 1, $"limit must be a number from 1 to {MaxLimit}.");
        return new SearchQuery(text, repository, Math.Min(limit ?? DefaultLimit, MaxLimit));
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new SearchRefusedException(sentence);
        }
    }
}

/// <summary>The question cannot be asked; the message says why in one sentence.</summary>
public sealed class SearchRefusedException(string message) : Exception(message);
