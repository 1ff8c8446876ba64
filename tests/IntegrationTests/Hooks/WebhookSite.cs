using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Ledger;
using Forge;
using Forge.Pages;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>A dashboard with the pages of webhooks, on the hub of a story whose deliveries a test runs by hand.</summary>
internal sealed class WebhookSite(HookStory story, ApiStory server) : IAsyncDisposable
{
    public HookStory Story => story;
    public ApiStory Server => server;

    public static async Task<WebhookSite> StartAsync(LedgerFixture ledger, Receiver receiver, bool postgres = false, string? url = null)
    {
        await ledger.EmptyAsync();
        var story = await HookStory.StartAsync(receiver, postgres, hooks => hooks.BreakAfter = 3, url);
        var options = story.Hub.Options;
        return new WebhookSite(story, await ApiStory.StartAsync(
            ledger,
            services: services => services.AddSingleton<TimeProvider>(story.Hub.Clock).AddForge(options).AddForgeHub(options, relay: false).AddForgeHooks(options).AddForgeWebhookPages(),
            map: app => app.MapForgeWebhookPages()));
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await story.DisposeAsync();
    }
}
