namespace Forge.Search;

/// <param name="Line">1 for the first.</param>
/// <param name="Snippet">The line, or the part of a long one around the match.</param>
public sealed record SearchHit(string Repository, string Path, int Line, string Snippet);

/// <param name="Truncated">There are more hits than were asked for.</param>
public sealed record SearchAnswer(string Query, IReadOnlyList<SearchHit> Hits, bool Truncated);

/// <summary>Answers questions from the index: one hit for each line that holds the text, by repository, path and line.</summary>
public sealed class CodeSearch(ISearchIndex index)
{
    /// <exception cref="SearchRefusedException">One clear sentence on what is wrong with the question.</exception>
    public async Task<SearchAnswer> SearchAsync(string? text, string? repository, int? limit, CancellationToken cancellationToken)
    {
        var query = SearchQuery.From(text, repository, limit);
        var hits = new List<SearchHit>();
        await foreach (var file in index.FindAsync(query, cancellationToken))
        {
            hits.AddRange(MatchingLines.Of(file.Text, query.Text)
                .Take(query.Limit + 1 - hits.Count)
                .Select(match => new SearchHit(file.Repository, file.Path, match.Line, match.Snippet)));
            if (hits.Count > query.Limit)
            {
                return new SearchAnswer(query.Text, hits.GetRange(0, query.Limit), Truncated: true);
            }
        }

        return new SearchAnswer(query.Text, hits, Truncated: false);
    }
}
