using Acme.Imaging;
using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Receiving;

/// <summary>From a plain <c>Publish</c> to a handler, on both transports.</summary>
public abstract class IntakeContract
{
    protected const string Urn = "urn:message:Acme.Imaging:ResizeImage";

    protected abstract Stage NewStage();

    /// <summary>What a service publishes with.</summary>
    protected abstract Task<IPublishEndpoint> PublisherAsync(JobStory story);

    protected static Guid NewId() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    protected Task<JobStory> StartAsync(Action<CoordinatorOptions>? more = null) => JobStory.StartAsync(NewStage(), coordinator: options =>
    {
        options.Accept(Urn, "test.scene");
        more?.Invoke(options);
    });

    private static Task PublishKeyedAsync(IPublishEndpoint publisher, Guid id, int number) => publisher.Publish(new ResizeImage("pass", number), context =>
    {
        context.MessageId = id;
        context.Headers.Set("busjobs-unique", "cat.png");
        context.Headers.Set("busjobs-delay", "01:00:00");
    });

    [Fact]
    public async Task A_published_command_is_a_job_under_its_message_id()
    {
        await using var story = await StartAsync();
        var publisher = await PublisherAsync(story);
        var id = NewId();
        await publisher.Publish(new ResizeImage("pass", 7), context => context.MessageId = id);
        var job = await story.ReachesAsync(id, LedgerState.Succeeded);
        Assert.Equal("test.scene", job.Kind);
        Assert.Equal("""{"act":"pass","number":7}""", string.Concat(job.Payload.Where(c => !char.IsWhiteSpace(c))));
    }

    [Fact]
    public async Task A_message_that_comes_again_changes_nothing()
    {
        await using var story = await StartAsync();
        var publisher = await PublisherAsync(story);
        var id = NewId();
        for (var i = 0; i < 3; i++)
        {
            await publisher.Publish(new ResizeImage("pass", i), context => context.MessageId = id);
        }

        await publisher.Publish(new ResizeImage("pass", 99), context => context.MessageId = NewId());
        await Eventually.HoldsAsync(async () => (await story.Ledger.CountsAsync(CancellationToken.None)).Succeeded == 2);
        await story.AllEndAsync();
        Assert.Single(story.Script.Played, act => act.Job == id);
    }

    [Fact]
    public async Task Thousands_come_in_and_run_once_each()
    {
        await using var story = await StartAsync();
        var publisher = await PublisherAsync(story);
        await Parallel.ForAsync(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, token) => await publisher.Publish(new ResizeImage("pass", i), token));
        await Eventually.HoldsAsync(() => story.Script.Played.Count >= 2_000, TimeSpan.FromSeconds(60));
        await story.AllEndAsync();
        Assert.Equal(2_000, (await story.Ledger.CountsAsync(CancellationToken.None)).Succeeded);
        Assert.Equal(2_000, story.Script.Played.Count);
    }

    [Fact]
    public async Task Headers_choose_tenant_priority_and_delay()
    {
        await using var story = await StartAsync();
        var publisher = await PublisherAsync(story);
        var id = NewId();
        await publisher.Publish(new ResizeImage("pass", 1), context =>
        {
            context.MessageId = id;
            context.Headers.Set("busjobs-tenant", "acme");
            context.Headers.Set("busjobs-priority", 7);
            context.Headers.Set("busjobs-delay", "01:00:00");
        });
        var job = await story.ReachesAsync(id, LedgerState.Scheduled);
        Assert.Equal(("acme", 7), (job.Tenant, job.Priority));
        Assert.InRange(job.RunAt - job.EnqueuedAt, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
    }

    [Fact]
    public async Task A_command_whose_key_a_waiting_job_has_is_that_job()
    {
        await using var story = await StartAsync();
        var publisher = await PublisherAsync(story);
        var first = NewId();
        await PublishKeyedAsync(publisher, first, 1);
        await story.ReachesAsync(first, LedgerState.Scheduled);
        await PublishKeyedAsync(publisher, NewId(), 2);
        var last = NewId();
        await publisher.Publish(new ResizeImage("pass", 3), context => context.MessageId = last);
        await story.ReachesAsync(last, LedgerState.Succeeded);
        Assert.Equal(2, (await story.Ledger.CountsAsync(CancellationToken.None)).Live + (await story.Ledger.CountsAsync(CancellationToken.None)).Succeeded);
    }

    [Fact]
    public async Task What_finds_its_queue_full_is_held_until_there_is_room_and_none_is_lost()
    {
        await using var story = await StartAsync();
        var publisher = await PublisherAsync(story);
        await story.Ledger.PauseAsync(PauseScope.Queue, "default", "ann", "a test", now: null, CancellationToken.None);
        await story.Ledger.SetDoorLimitAsync(DoorLimit.Depth("default", 2), declared: false, CancellationToken.None);
        for (var i = 0; i < 5; i++)
        {
            await publisher.Publish(new ResizeImage("pass", i), context => context.MessageId = NewId());
        }

        await Eventually.HoldsAsync(async () => (await story.Ledger.CountsAsync(CancellationToken.None)).Ready == 2);
        await story.Ledger.ResumeAsync(PauseScope.Queue, "default", CancellationToken.None);
        await Eventually.HoldsAsync(() => story.Script.Played.Count == 5, TimeSpan.FromSeconds(60));
        await story.AllEndAsync();
        Assert.Equal(5, story.Script.Played.Select(act => act.Job).Distinct().Count());
    }

    [Fact]
    public async Task A_tenant_over_its_rate_is_held_and_others_go()
    {
        await using var story = await StartAsync();
        var publisher = await PublisherAsync(story);
        await story.Ledger.SetDoorLimitAsync(DoorLimit.PerMinute("test.scene", 1, tenant: "acme"), declared: false, CancellationToken.None);
        Guid[] ids = [NewId(), NewId(), NewId()];
        foreach (var (id, tenant) in ids.Zip(["acme", "acme", "other"]))
        {
            await publisher.Publish(new ResizeImage("pass", 1), context =>
            {
                context.MessageId = id;
                context.Headers.Set("busjobs-tenant", tenant);
            });
        }

        await story.ReachesAsync(ids[2], LedgerState.Succeeded);
        await Eventually.HoldsAsync(() => story.Script.Played.Count == 2);
        Assert.Single(story.Script.Played, act => ids[..2].Contains(act.Job));
    }

    [Fact]
    public async Task What_cannot_become_a_job_is_told_of_and_delays_nothing()
    {
        await using var story = await StartAsync();
        var publisher = await PublisherAsync(story);
        for (var i = 0; i < 20; i++)
        {
            await publisher.Publish(new ResizeImage("pass", i), context => context.Headers.Set("busjobs-priority", "high"));
        }

        var id = NewId();
        await publisher.Publish(new ResizeImage("pass", 1), context => context.MessageId = id);
        await story.ReachesAsync(id, LedgerState.Succeeded);
        await Eventually.HoldsAsync(() => story.Log.Warnings.Count(line => line.Message.Contains("header busjobs-priority 'high' is refused", StringComparison.Ordinal)) == 20);
        Assert.Single(story.Script.Played);
    }
}

public sealed class EmbeddedIntake : IntakeContract
{
    private readonly Stage stage = Stage.Embedded();

    protected override Stage NewStage() => stage;

    protected override async Task<IPublishEndpoint> PublisherAsync(JobStory story)
    {
        await Eventually.HoldsAsync(() => story.Hosts[0].Services.GetRequiredService<CoordinatorHealth>().NotReady().Count == 0);
        return story.Hosts[0].Services.GetRequiredService<JobBus>().Publisher;
    }
}
