using BusJobs.Api.Dashboard.Shell;
using Forge.Search;
using Microsoft.AspNetCore.Http;

namespace Forge.Pages.Search;

/// <param name="Answer">Null when nothing was asked, or not in a way that can be answered.</param>
/// <param name="Fault">What is wrong with the question; null when nothing is.</param>
/// <param name="IsEmpty">Whether the index holds no file at all; looked at only where there is no hit to show.</param>
public sealed record SearchModel(string? Question, string? Repository, SearchAnswer? Answer, string? Fault, bool IsEmpty);

/// <summary>Code search for people.</summary>
internal sealed class SearchPages(CodeSearch search, ISearchIndex index)
{
    public const string Path = "/search";

    private const int Hits = 100;

    public async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (question, repository) = (Text(http, "q"), Text(http, "repo"));
        try
        {
            var answer = question is null ? null : await search.SearchAsync(question, repository, Hits, cancellationToken);
            var isEmpty = answer is not { Hits.Count: > 0 } && (await index.StatsAsync(cancellationToken)).Files == 0;
            return await http.PageAsync<SearchPage>(new SearchModel(question, repository, answer, Fault: null, isEmpty));
        }
        catch (SearchRefusedException exception)
        {
            return await http.PageAsync<SearchPage>(new SearchModel(question, repository, Answer: null, exception.Message, IsEmpty: false), StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>A text that was left empty was not given; one that is given twice is one question that finds nothing.</summary>
    private static string? Text(HttpContext http, string name) => http.Request.Query[name].ToString() is { Length: > 0 } text ? text : null;
}
