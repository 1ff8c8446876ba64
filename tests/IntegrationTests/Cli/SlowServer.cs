using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>Answers as the API does for 1,500 dead jobs; the second batch of a redrive takes for ever.</summary>
internal sealed class SlowServer(WebApplication app) : IAsyncDisposable
{
    private int batches;

    /// <summary>Batches that were asked for, the one that never ends as well.</summary>
    public int Batches => batches;

    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?> { ["BUSJOBS_URL"] = app.Urls.First(), ["BUSJOBS_KEY"] = "bj_x", ["BUSJOBS_DATABASE"] = "" };

    public static async Task<SlowServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new SlowServer(builder.Build());
        await server.BeginAsync();
        return server;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private Task BeginAsync()
    {
        app.MapPost("/api/jobs/redrive", async (HttpContext http) =>
        {
            using var asked = await JsonDocument.ParseAsync(http.Request.Body);
            if (asked.RootElement.GetProperty("dryRun").GetBoolean())
            {
                return Results.Json(new { jobs = 1_500, keyTaken = 0, more = false, dryRun = true });
            }

            if (Interlocked.Increment(ref batches) > 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return Results.Json(new { jobs = 500, keyTaken = 0, more = true, dryRun = false });
        });
        return app.StartAsync();
    }
}
