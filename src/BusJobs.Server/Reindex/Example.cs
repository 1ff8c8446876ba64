using Forge.Search;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace BusJobs.Server.Reindex;

/// <summary>Shows what the finished jobs are good for: a search, and where to type it.</summary>
internal static class Example
{
    private static readonly string[] Words = ["TODO", "return", "import", "the"];

    /// <param name="needsKey">Whether a search needs an API key, which then has a place in the line.</param>
    public static async Task PrintAsync(CodeSearch search, IServer server, bool needsKey, TextWriter output, CancellationToken cancellationToken)
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? CommandLine.DefaultUrls;
        var curl = needsKey ? "curl -H 'Authorization: Bearer bj_...'" : "curl";
        foreach (var word in Words)
        {
            var answer = await search.SearchAsync(word, repository: null, limit: 3, cancellationToken);
            if (answer.Hits.Count == 0)
            {
                continue;
            }

            await output.WriteLineAsync($"  search  {curl} '{address}/forge/search?q={word}'");
            foreach (var hit in answer.Hits)
            {
                await output.WriteLineAsync($"          {hit.Path}:{hit.Line}: {hit.Snippet.Trim()}");
            }

            return;
        }

        await output.WriteLineAsync($"  search  {curl} '{address}/forge/search?q=...'");
    }
}
