using System.Text;
using BusJobs.IntegrationTests.Servers;
using Forge.Hooks;
using Forge.Hooks.Wire;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hooks;

public abstract class DeliveryContract(bool postgres)
{
    [Fact]
    public async Task A_delivery_is_signed_logged_and_never_sent_again_once_it_was_taken()
    {
        await using var receiver = new Receiver(Receiver.Answer(204));
        await using var story = await HookStory.StartAsync(receiver, postgres);
        var job = await story.PushAsync();
        Assert.Equal($"hook-{story.Endpoint:n}", (await story.Hub.OutboxAsync())[^1].Tenant);
        Assert.Null(await story.RunAsync(job));
        Assert.Null(await story.RunAsync(job));
        var request = Assert.Single(receiver.Requests);
        Assert.True(story.Verifies(request));
        Assert.Equal("application/json", request["content-type"]);
        Assert.DoesNotContain("traceparent", request.Headers.Keys);
        var delivery = await story.FindAsync(job);
        Assert.Equal((DeliveryState.Delivered, request["webhook-id"], delivery.Body), (delivery.State, delivery.EventId, Encoding.UTF8.GetString(request.Body)));
        var tried = Assert.Single(delivery.Tries);
        Assert.Equal((204, (string?)null, 1), (tried.Status, tried.Fault, tried.Number));
        Assert.Contains($"webhook-signature: {request["webhook-signature"]}", tried.Request, StringComparison.Ordinal);
        Assert.DoesNotContain(story.Secret[6..], (await story.EndpointAsync()).Secret, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redelivery_has_the_same_id_and_a_job_of_an_earlier_round_does_nothing()
    {
        await using var receiver = new Receiver(request => Receiver.Answer(request == 0 ? 200 : 500));
        await using var story = await HookStory.StartAsync(receiver, postgres);
        var first = await story.PushAsync();
        await story.RunAsync(first);
        await story.Hub.WithAsync(async (IServiceProvider services) =>
        {
            var hub = services.GetRequiredService<HubContext>();
            await services.GetRequiredService<Outgoing>().RedeliverAsync(await hub.Deliveries.Include(d => d.Endpoint).SingleAsync(), CancellationToken.None);
            await hub.SaveChangesAsync();
        });
        var second = (DeliverWebhook)PayloadJson.Read((await story.Hub.OutboxAsync())[^1].Payload, typeof(DeliverWebhook));
        Assert.Equal(first with { Round = 2 }, second);
        Assert.Null(await story.RunAsync(first));
        Assert.NotNull(await story.RunAsync(second));
        Assert.Equal(2, receiver.Requests.Count);
        Assert.Single(receiver.Requests.Select(request => request["webhook-id"]).Distinct());
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_left_alone_for_good()
    {
        await using var receiver = new Receiver(Receiver.Answer(410));
        await using var story = await HookStory.StartAsync(receiver, postgres);
        var (first, second) = (await story.PushAsync(), await story.PushAsync());
        Assert.Null(await story.RunAsync(first));
        Assert.Null(await story.RunAsync(second));
        Assert.Single(receiver.Requests);
        Assert.Equal([DeliveryState.Dropped, DeliveryState.Dropped], [(await story.FindAsync(first)).State, (await story.FindAsync(second)).State]);
        Assert.Contains("410", (await story.EndpointAsync()).DisabledBecause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_that_only_fails_is_left_alone_for_a_while_and_then_one_tries_for_all()
    {
        await using var receiver = new Receiver(request => Receiver.Answer(request < 3 ? 500 : 200));
        await using var story = await HookStory.StartAsync(receiver, postgres, hooks => (hooks.BreakAfter, hooks.BreakFor) = (3, TimeSpan.FromMinutes(10)));
        var jobs = new List<DeliverWebhook>();
        for (var i = 0; i < 5; i++)
        {
            jobs.Add(await story.PushAsync());
        }

        foreach (var job in jobs)
        {
            Assert.NotNull(await story.RunAsync(job));
        }

        Assert.Equal(3, receiver.Requests.Count);
        story.Hub.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Null(await story.RunAsync(jobs[3]));
        Assert.Equal((0, null, null), ((await story.EndpointAsync()).Failures, (await story.EndpointAsync()).OpenUntil, (await story.EndpointAsync()).FailingSince));
        Assert.Null(await story.RunAsync(jobs[4]));
        Assert.Equal(5, receiver.Requests.Count);
    }

    [Fact]
    public async Task While_one_tries_for_all_nobody_else_does()
    {
        await using var receiver = new Receiver(request => request < 1 ? Receiver.Answer(500) : Receiver.Stall());
        await using var story = await HookStory.StartAsync(receiver, postgres, hooks => hooks.BreakAfter = 1);
        var (first, second) = (await story.PushAsync(), await story.PushAsync());
        await story.RunAsync(first);
        story.Hub.Clock.Advance(TimeSpan.FromMinutes(6));
        var probe = story.RunAsync(first);
        await Eventually.HoldsAsync(() => receiver.Requests.Count == 2);
        Assert.NotNull(await story.RunAsync(second));
        Assert.Equal(2, receiver.Requests.Count);
        story.Hub.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.NotNull(await probe);
    }

    [Fact]
    public async Task An_endpoint_that_has_failed_for_five_days_is_disabled()
    {
        await using var receiver = new Receiver(Receiver.Answer(500));
        await using var story = await HookStory.StartAsync(receiver, postgres);
        await story.RunAsync(await story.PushAsync());
        story.Hub.Clock.Advance(TimeSpan.FromDays(5));
        Assert.Null((await story.EndpointAsync()).DisabledBecause);
        await story.RunAsync(await story.PushAsync());
        Assert.Equal("It has done nothing but fail for 5 days.", (await story.EndpointAsync()).DisabledBecause);
    }

    [Fact]
    public async Task A_replaced_secret_signs_beside_the_new_one_for_a_day()
    {
        await using var receiver = new Receiver(Receiver.Answer(500));
        await using var story = await HookStory.StartAsync(receiver, postgres);
        var (job, secret) = (await story.PushAsync(), WebhookSecret.New());
        story.Hub.Clock.Advance((await story.RunAsync(job))!.Value);
        await story.Hub.WithAsync(async (IServiceProvider services) =>
        {
            var hub = services.GetRequiredService<HubContext>();
            (await hub.Endpoints.SingleAsync()).Rotate(secret, services.GetRequiredService<SecretBox>(), story.Hub.Clock.GetUtcNow().AddDays(1));
            await hub.SaveChangesAsync();
        });
        story.Hub.Clock.Advance((await story.RunAsync(job))!.Value);
        story.Hub.Clock.Advance(TimeSpan.FromDays(1));
        await story.RunAsync(job);
        Assert.Equal(
            [(true, false), (true, true), (false, true)], receiver.Requests.Select(request => (story.Verifies(request), story.Verifies(request, secret))));
    }

    [Fact]
    public async Task Old_deliveries_are_forgotten_with_their_log_and_those_on_their_way_are_not()
    {
        await using var receiver = new Receiver(request => Receiver.Answer(request == 0 ? 200 : 500));
        await using var story = await HookStory.StartAsync(receiver, postgres);
        var (done, pending) = (await story.PushAsync(), await story.PushAsync());
        await story.RunAsync(done);
        await story.RunAsync(pending);
        var retention = await story.Hub.AskAsync((IServiceProvider services) => Task.FromResult(ActivatorUtilities.CreateInstance<DeliveryRetention>(services)));
        story.Hub.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(0, await retention.RunOnceAsync(CancellationToken.None));
        story.Hub.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await retention.RunOnceAsync(CancellationToken.None));
        Assert.Equal([pending.Delivery], await story.Hub.HubAsync(hub => hub.Deliveries.Select(delivery => delivery.Id).ToListAsync()));
        Assert.Equal(1, await story.Hub.HubAsync(hub => hub.Tries.CountAsync()));
        retention.Dispose();
    }
}

public sealed class SqliteDeliveries() : DeliveryContract(postgres: false);

public sealed class PostgresDeliveries() : DeliveryContract(postgres: true);
