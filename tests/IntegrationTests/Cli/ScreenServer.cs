using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>Answers with one queue and one kind, as the API does.</summary>
internal sealed class ScreenServer(WebApplication app) : IAsyncDisposable
{
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?> { ["BUSJOBS_URL"] = app.Urls.First(), ["BUSJOBS_KEY"] = "bj_x", ["BUSJOBS_DATABASE"] = "" };

    public static async Task<ScreenServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/api/queues", () => Results.Json(new[] { new { name = "mail", ready = 3, readyIsMore = false, oldestSeconds = 5, inFlight = 2, workers = 1, slots = 8, paused = false } }));
        app.MapGet("/api/kinds", () => Results.Json(new[] { new { name = "shop.mail", succeeded = 41, dead = 1, retried = 0, cancelled = 0, workers = 1, paused = false } }));
        await app.StartAsync();
        return new ScreenServer(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
