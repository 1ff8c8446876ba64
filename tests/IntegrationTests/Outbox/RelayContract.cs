using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Outbox;

/// <summary>From a producer's own transaction to a handler, the same on every stage.</summary>
public abstract class RelayContract(ShopFixture shop) : IAsyncLifetime
{
    protected ShopFixture Shop => shop;

    public virtual Task InitializeAsync() => shop.EmptyAsync();

    public virtual Task DisposeAsync() => Task.CompletedTask;

    protected abstract Stage NewStage();

    [Fact]
    public async Task A_job_that_commits_with_its_order_runs_once_and_its_row_is_gone()
    {
        await using var story = await ShopStory.StartAsync(shop, NewStage());
        var id = await story.OrderAsync("pass");
        var job = await story.Jobs.ReachesAsync(id, LedgerState.Succeeded);
        Assert.Equal("""{"act":"pass","number":0}""", job.Payload);
        await story.AllRunOnceAsync(jobs: 1);
        await Eventually.HoldsAsync(() => story.Relayed.Count == 1);
        Assert.Equal(id, Assert.Single(story.Relayed));
    }

    [Fact]
    public async Task What_is_rolled_back_is_never_relayed()
    {
        await using var story = await ShopStory.StartAsync(shop, NewStage());
        await story.OrderManyAsync(20, commit: false);
        await story.OrderManyAsync(30);
        await story.AllRunOnceAsync(jobs: 30);
    }

    [Fact]
    public async Task Thousands_are_relayed_and_the_backlog_is_told()
    {
        await using var story = await ShopStory.StartAsync(shop, NewStage());
        await story.OrderManyAsync(5_000);
        await story.AllRunOnceAsync(jobs: 5_000);
        await Eventually.HoldsAsync(() => story.Relayed.Count >= 5_000);
        Assert.Equal(5_000, story.Relayed.Distinct().Count());
        await Eventually.HoldsAsync(() => story.Health.Backlog == 0 && story.Health.OldestAge == TimeSpan.Zero);
    }

    [Fact]
    public async Task A_bad_row_is_parked_with_its_reason_and_the_others_go()
    {
        await using var story = await ShopStory.StartAsync(shop, NewStage(), options: options => options.MaxClaim = 2);
        await shop.ExecuteAsync("insert into busjobs_outbox (job) values ('nonsense'), ('{\"id\":7}'), ('null')");
        await story.OrderManyAsync(20);
        await story.AllRunOnceAsync(jobs: 20, parked: 3);
        Assert.Equal(3, await shop.ReadAsync<int>("select count(*) from busjobs_outbox where reason like 'it holds no job: %' and tries = 1"));
        Assert.Equal(3, story.Jobs.Log.Warnings.Count(line => line.Message.Contains("is parked", StringComparison.Ordinal)));
        await Eventually.HoldsAsync(() => story.Health is { Backlog: 3, OldestAge.Ticks: > 0 });
    }

    [Fact]
    public async Task An_id_that_is_enqueued_again_is_one_job()
    {
        await using var story = await ShopStory.StartAsync(shop, NewStage());
        var options = new EnqueueOptions { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()) };
        await story.OrderAsync("pass", options: options);
        await story.OrderAsync("pass", options: options);
        await story.AllRunOnceAsync(jobs: 1);
        await story.OrderAsync("pass", options: options);
        await story.AllRunOnceAsync(jobs: 1);
    }

    [Fact]
    public async Task What_finds_its_queue_full_waits_in_the_outbox_and_none_is_lost()
    {
        await using var story = await ShopStory.StartAsync(shop, NewStage());
        var ledger = story.Jobs.Ledger;
        await ledger.PauseAsync(PauseScope.Queue, "default", "ann", "a test", now: null, CancellationToken.None);
        await ledger.SetDoorLimitAsync(DoorLimit.Depth("default", 2), declared: false, CancellationToken.None);
        await story.OrderManyAsync(5);
        await Eventually.HoldsAsync(async () => (await ledger.CountsAsync(CancellationToken.None)).Ready == 2 && await shop.RowsAsync() == 3, TimeSpan.FromSeconds(30));

        await ledger.ResumeAsync(PauseScope.Queue, "default", CancellationToken.None);
        await story.AllRunOnceAsync(jobs: 5);
    }

    [Fact]
    public async Task A_tenant_over_its_rate_is_held_in_the_outbox_and_others_go()
    {
        await using var story = await ShopStory.StartAsync(shop, NewStage());
        await story.Jobs.Ledger.SetDoorLimitAsync(DoorLimit.PerMinute("test.scene", 1, tenant: "acme"), declared: false, CancellationToken.None);
        await story.OrderAsync("pass", 1, new EnqueueOptions { Tenant = "acme" });
        await story.OrderAsync("pass", 2, new EnqueueOptions { Tenant = "acme" });
        var other = await story.OrderAsync("pass", 3, new EnqueueOptions { Tenant = "other" });
        await story.Jobs.ReachesAsync(other, LedgerState.Succeeded);
        await Eventually.HoldsAsync(async () => await shop.RowsAsync() == 1, TimeSpan.FromSeconds(30));
        Assert.Equal(1, await shop.ReadAsync<int>("select count(*) from busjobs_outbox where due_at > added_at and tries >= 1"));
        await Eventually.HoldsAsync(async () => (await story.Jobs.Ledger.CountsAsync(CancellationToken.None)).Succeeded == 2, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_hook_that_throws_changes_nothing()
    {
        await using var story = await ShopStory.StartAsync(shop, NewStage(), options: options => options.OnRelayed = (_, _) => throw new InvalidOperationException("the hook is broken"));
        await story.OrderManyAsync(3);
        await story.AllRunOnceAsync(jobs: 3);
        await Eventually.HoldsAsync(() => story.Jobs.Log.Lines.Any(line => line.Message.Contains("OnRelayed failed", StringComparison.Ordinal)));
    }
}

public sealed class EmbeddedRelay(SqliteShop shop) : RelayContract(shop), IClassFixture<SqliteShop>
{
    protected override Stage NewStage() => Stage.Embedded();
}
