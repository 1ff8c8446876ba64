using BusJobs.IntegrationTests.Servers;
using Forge.Hooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>The service that forgets old deliveries, as a host runs it.</summary>
public sealed class RetentionTests
{
    [Fact]
    public async Task Old_deliveries_are_removed_at_once_when_it_starts_and_then_each_hour()
    {
        await using var receiver = new Receiver(Receiver.Answer(204));
        await using var story = await HookStory.StartAsync(receiver);
        await DeliverAsync(story);
        story.Hub.Clock.Advance(TimeSpan.FromMinutes(30));
        await DeliverAsync(story);
        story.Hub.Clock.Advance(TimeSpan.FromDays(30));
        using var retention = await story.Hub.AskAsync((IServiceProvider services) => Task.FromResult(ActivatorUtilities.CreateInstance<DeliveryRetention>(services)));
        var alarms = story.Hub.Clock.Alarms;
        await retention.StartAsync(CancellationToken.None);
        await Eventually.HoldsAsync(() => story.Hub.Clock.Alarms > alarms);
        Assert.Equal(1, await CountAsync(story));

        story.Hub.Clock.Advance(TimeSpan.FromHours(1));
        await Eventually.HoldsAsync(async () => await CountAsync(story) == 0);
        await retention.StopAsync(CancellationToken.None);
    }

    private static async Task DeliverAsync(HookStory story) => Assert.Null(await story.RunAsync(await story.PushAsync()));

    private static Task<int> CountAsync(HookStory story) => story.Hub.HubAsync(hub => hub.Deliveries.CountAsync());
}
