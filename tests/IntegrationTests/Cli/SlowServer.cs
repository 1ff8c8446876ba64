using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>Answers as the API does for 1,500 jobs that are redriven or cancelled; the second batch takes for ever, or finds the server dead, or is one too many.</summary>
internal sealed class SlowServer(WebApplication app, SecondBatch second) : IAsyncDisposable
{
    private int batches;

    /// <summary>Batches that were asked for, the one that never ends as well.</summary>
    public int Batches => batches;

    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?> { ["BUSJOBS_URL"] = app.Urls.First(), ["BUSJOBS_KEY"] = "bj_x", ["BUSJOBS_DATABASE"] = "" };

    public static async Task<SlowServer> StartAsync(SecondBatch second = SecondBatch.NeverEnds)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new SlowServer(builder.Build(), second);
        await server.BeginAsync();
        return server;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private Task BeginAsync()
    {
        Map("redrive", new { jobs = 1_500, keyTaken = 0, more = false, dryRun = true }, new { jobs = 500, keyTaken = 0, more = true, dryRun = false });
        Map("cancel", new { cancelled = 1_400, requested = 100, next = (string?)null, dryRun = true }, new { cancelled = 480, requested = 20, next = "more", dryRun = false });
        return app.StartAsync();
    }

    private void Map(string deed, object counted, object done) => app.MapPost($"/api/jobs/{deed}", async (HttpContext http) =>
    {
        using var asked = await JsonDocument.ParseAsync(http.Request.Body);
        if (asked.RootElement.GetProperty("dryRun").GetBoolean())
        {
            return Results.Json(counted);
        }

        if (Interlocked.Increment(ref batches) == 1)
        {
            return Results.Json(done);
        }

        switch (second)
        {
            case SecondBatch.IsRefused:
                return Results.Problem("This key calls faster than it may; nothing was done.", statusCode: StatusCodes.Status429TooManyRequests);
            case SecondBatch.FindsItDead:
                http.Abort();
                break;
            default:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
        }

        return Results.Empty;
    });
}

internal enum SecondBatch
{
    NeverEnds = 0,
    FindsItDead = 1,
    IsRefused = 2,
}
