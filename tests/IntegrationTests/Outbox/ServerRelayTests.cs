using BusJobs.IntegrationTests.Faulty;
using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Outbox;

/// <summary>Producers that are processes of their own, with RabbitMQ between them and the coordinators.</summary>
public abstract class ServerRelayContract(ShopFixture shop, PostgresFixture postgres, RabbitFixture rabbit) : RelayContract(shop)
{
    private readonly string prefix = $"t{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    private string Intake => $"{prefix}:intake";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await postgres.EmptyAsync();
    }

    protected override Stage NewStage() => new(postgres.ConnectionString, rabbit.Address, DataFolder: "", prefix);

    [Fact]
    public async Task Two_relays_share_the_work()
    {
        await using var story = await ShopStory.StartAsync(Shop, NewStage(), options: options => options.MaxClaim = 50);
        await story.RelayAsync(options => options.MaxClaim = 50);
        await story.OrderManyAsync(3_000);
        await story.AllRunOnceAsync(jobs: 3_000);
    }

    [Fact]
    public async Task A_relay_that_ends_halfway_is_followed_by_another_and_no_job_runs_twice()
    {
        await using var story = await ShopStory.StartAsync(Shop, NewStage(), relay: false);
        await story.OrderManyAsync(4_000);
        for (var i = 0; i < 3; i++)
        {
            var before = story.Relayed.Count;
            var relay = await story.RelayAsync(options => (options.MaxClaim, options.MaxPack) = (100, 20));
            await Eventually.HoldsAsync(() => story.Relayed.Count > before + 200);
            await story.Jobs.LeaveAsync(relay);
        }

        await story.RelayAsync();
        await story.AllRunOnceAsync(jobs: 4_000);
    }

    [Fact]
    public async Task Without_a_coordinator_jobs_wait_in_the_outbox_and_a_purged_intake_loses_none()
    {
        await using var story = await ShopStory.StartAsync(Shop, NewStage());
        await story.OrderManyAsync(10);
        await story.AllRunOnceAsync(jobs: 10);
        await story.Jobs.LeaveAsync(story.Jobs.Hosts[0]);
        var saboteur = new Saboteur(rabbit);
        await OrderWithoutCoordinatorAsync(story, 500);
        await Eventually.HoldsAsync(async () => await saboteur.CountAsync(Intake) > 0);
        await saboteur.PurgeAsync(Intake);
        Assert.Equal(500, await Shop.RowsAsync());
        await story.Jobs.JoinAsync(coordinates: true);
        await Eventually.HoldsAsync(async () => await Shop.RowsAsync() == 0, TimeSpan.FromSeconds(60));
        await Eventually.HoldsAsync(() => story.Jobs.Script.Played.Count == 510, TimeSpan.FromSeconds(60));
        Assert.Equal(510, story.Jobs.Script.Played.Select(act => act.Job).Distinct().Count());
    }

    [Fact]
    public async Task A_commit_of_another_process_is_relayed_long_before_the_next_poll()
    {
        await using var story = await ShopStory.StartAsync(Shop, NewStage(), options: options => options.PollInterval = TimeSpan.FromMinutes(1));
        await story.OrderAsync("pass");
        await story.AllRunOnceAsync(jobs: 1);
        var job = NewJob.From(new Scene("pass"), options: null, TimeProvider.System);
        // The relay is asleep, and what commits is no context's but a plain connection's.
        await Shop.ExecuteAsync($"insert into busjobs_outbox (job) values ('{BusJobs.Outbox.Model.OutboxJson.Write(job)}')");
        await Eventually.HoldsAsync(() => story.Jobs.Script.Played.Any(act => act.Job == job.Id), TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task A_handover_that_nobody_answers_is_repeated_after_the_patience_however_rarely_the_relay_polls()
    {
        await using var story = await ShopStory.StartAsync(Shop, NewStage(), options: options => options.PollInterval = TimeSpan.FromMinutes(1));
        await story.OrderAsync("pass");
        await story.AllRunOnceAsync(jobs: 1);
        await story.Jobs.LeaveAsync(story.Jobs.Hosts[0]);
        await OrderWithoutCoordinatorAsync(story, 1);
        await Eventually.HoldsAsync(() => story.Jobs.Log.Warnings.Count(line => line.Message.Contains("are handed over again", StringComparison.Ordinal)) >= 3, TimeSpan.FromSeconds(40));
    }

    private static async Task OrderWithoutCoordinatorAsync(ShopStory story, int jobs)
    {
        await using var scope = story.Jobs.Hosts[0].Services.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<ShopContext>();
        await scope.ServiceProvider.GetRequiredService<IJobClient>().EnqueueManyAsync(Enumerable.Range(0, jobs).Select(number => new Scene("pass", number)));
        await context.SaveChangesAsync();
    }
}

public sealed class SqliteRelay(SqliteShop shop, PostgresFixture postgres, RabbitFixture rabbit)
    : ServerRelayContract(shop, postgres, rabbit), IClassFixture<SqliteShop>, IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>;

public sealed class PostgresRelay(PostgresShop shop, PostgresFixture postgres, RabbitFixture rabbit)
    : ServerRelayContract(shop, postgres, rabbit), IClassFixture<PostgresShop>, IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task Connections_that_are_cut_again_and_again_lose_nothing()
    {
        await using var story = await ShopStory.StartAsync(Shop, NewStage(), options: options => (options.MaxClaim, options.MaxPack) = (100, 20));
        await story.OrderManyAsync(3_000);
        for (var i = 0; i < 5; i++)
        {
            var before = story.Relayed.Count;
            await Shop.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
            await Eventually.HoldsAsync(async () => story.Relayed.Count > before + 100 || await Shop.RowsAsync() == 0, TimeSpan.FromSeconds(60));
        }

        await story.AllRunOnceAsync(jobs: 3_000);
    }
}
