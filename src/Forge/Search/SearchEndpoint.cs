using System.Data.Common;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace Forge.Search;

/// <summary>Code search over HTTP.</summary>
public static class SearchEndpoint
{
    extension(IEndpointRouteBuilder endpoints)
    {
        /// <summary>Maps <c>GET /forge/search?q=...&amp;repo=...&amp;limit=...</c>.</summary>
        public RouteHandlerBuilder MapForgeSearch() => endpoints.MapGet("/forge/search", AnswerAsync);
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, CodeSearch search, CancellationToken cancellationToken)
    {
        try
        {
            var asked = context.Request.Query;
            var answer = await search.SearchAsync(Single(asked, "q"), Single(asked, "repo"), Limit(Single(asked, "limit")), cancellationToken);
            return TypedResults.Ok(answer);
        }
        catch (SearchRefusedException exception)
        {
            return TypedResults.Problem(exception.Message, statusCode: StatusCodes.Status400BadRequest, title: "The search cannot be done.");
        }
        catch (DbException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var why = exception.IsTransient ? "The index is not reachable now." : "The index could not answer.";
            return TypedResults.Problem(why, statusCode: StatusCodes.Status503ServiceUnavailable, title: "The search cannot be done now.");
        }
    }

    private static string? Single(IQueryCollection asked, string name) => asked[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } values => StringValues.IsNullOrEmpty(values) ? null : values[0],
        _ => throw new SearchRefusedException($"{name} is given more than once."),
    };

    private static int? Limit(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : throw new SearchRefusedException($"limit must be a number from 1 to {SearchQuery.MaxLimit}.");
    }
}
