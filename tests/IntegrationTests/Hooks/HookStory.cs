using BusJobs.IntegrationTests.Hub;
using Forge.Hooks;
using Forge.Hooks.Wire;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>A repository with one endpoint, and its deliveries run by hand on a clock that the test moves.</summary>
internal sealed class HookStory : IAsyncDisposable
{
    private HookStory(HubStory hub) => Hub = hub;

    public HubStory Hub { get; }
    public string Secret { get; private set; } = WebhookSecret.New();
    public HubRepository Repository { get; private set; } = null!;
    public Guid Endpoint { get; private set; }

    public static async Task<HookStory> StartAsync(Receiver receiver, bool postgres = false, Action<HookOptions>? with = null, string? url = null, Action<IServiceCollection>? more = null)
    {
        var story = new HookStory(await HubStory.StartAsync(postgres, hooks =>
        {
            Allow(hooks, receiver.Port);
            with?.Invoke(hooks);
        }, more));
        story.Repository = await story.Hub.RegisterAsync(story.Hub.Folder);
        story.Endpoint = await story.AddEndpointAsync(url ?? receiver.Url);
        return story;
    }

    /// <summary>Lets deliveries go to a receiver of a test.</summary>
    public static void Allow(HookOptions hooks, int port) =>
        (hooks.AllowedNetworks, hooks.AllowedPorts, hooks.AllowPlainHttp) = (["127.0.0.0/8"], [port], true);

    public async Task<Guid> AddEndpointAsync(string url)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await Hub.WithAsync(async (SecretBox box) => await Hub.AddAsync(
            new HookEndpoint { Id = id, RepositoryId = Repository.Id, Url = url, Events = ["push"], Secret = box.Seal(Secret, id) }));
        return id;
    }

    /// <summary>As an event does it.</summary>
    public async Task<DeliverWebhook> PushAsync()
    {
        await Hub.WithAsync(async (IServiceProvider services) =>
        {
            await services.GetRequiredService<Outgoing>().AddAsync(Repository.Id, "push", new { branch = "main" }, CancellationToken.None);
            await services.GetRequiredService<HubContext>().SaveChangesAsync();
        });
        return (DeliverWebhook)PayloadJson.Read((await Hub.OutboxAsync())[^1].Payload, typeof(DeliverWebhook));
    }

    /// <returns>For how long the job wants to wait; null when it is done.</returns>
    public async Task<TimeSpan?> RunAsync(DeliverWebhook job)
    {
        try
        {
            await Hub.RunAsync<DeliverWebhook, DeliverWebhookHandler>(job);
            return null;
        }
        catch (SnoozeJobException snooze)
        {
            return snooze.Delay;
        }
    }

    /// <summary>Runs it whenever it is due, until it is done or dead.</summary>
    /// <returns>The pauses, and the reason of its death.</returns>
    public async Task<(List<TimeSpan> Pauses, string? Dead)> RunThroughAsync(DeliverWebhook job)
    {
        var pauses = new List<TimeSpan>();
        try
        {
            while (await RunAsync(job) is { } pause)
            {
                pauses.Add(pause);
                Hub.Clock.Advance(pause);
            }

            return (pauses, null);
        }
        catch (PermanentJobException dead)
        {
            return (pauses, dead.Message);
        }
    }

    public Task<Delivery> FindAsync(DeliverWebhook job) =>
        Hub.HubAsync(hub => hub.Deliveries.Include(delivery => delivery.Tries).Include(delivery => delivery.Endpoint).SingleAsync(delivery => delivery.Id == job.Delivery));

    public Task<HookEndpoint> EndpointAsync() => Hub.HubAsync(hub => hub.Endpoints.SingleAsync(endpoint => endpoint.Id == Endpoint));

    public bool Verifies(Received request, string? secret = null) => WebhookSignature.Verify(
        secret ?? Secret, request["webhook-id"], request["webhook-timestamp"], request["webhook-signature"], request.Body,
        DateTimeOffset.FromUnixTimeSeconds(long.Parse(request["webhook-timestamp"])));

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}
