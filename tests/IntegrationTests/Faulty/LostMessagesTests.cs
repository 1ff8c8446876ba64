using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using Npgsql;

namespace BusJobs.IntegrationTests.Faulty;

/// <summary>The broker forgets what it was given. The ledger does not.</summary>
public sealed class LostMessagesTests(PostgresFixture postgres, RabbitFixture rabbit)
    : FaultyTests(postgres, rabbit), IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private static readonly EnqueueOptions Patient = new() { Timeout = TimeSpan.FromMinutes(5) };

    [Fact]
    public async Task A_purged_work_queue_loses_no_job_and_charges_none_with_a_crash()
    {
        await using var story = await InFlightAsync();
        Assert.InRange(await Saboteur.PurgeAsync(WorkQueue), 400u, 1_000u);
        story.Script.Gate.Release(10_000);
        await AllSucceedAsync(story);
        Assert.Equal(0, await CrashesAsync());
        Assert.Equal(1_000, story.Script.Played.Select(act => act.Job).Distinct().Count());
    }

    [Fact]
    public async Task A_virtual_host_that_was_deleted_and_made_again_loses_no_job()
    {
        await using var story = await InFlightAsync();
        await Rabbit.DeleteVhostAsync();
        await Rabbit.CreateVhostAsync();
        story.Script.Gate.Release(10_000);
        await IsBackAsync(story);
        await AllSucceedAsync(story);
        Assert.Equal(0, await CrashesAsync());
        Assert.Equal(1u, await Saboteur.ConsumersAsync(WorkQueue));
    }

    [Fact]
    public async Task A_purged_settlement_queue_loses_no_job()
    {
        await using var story = await JobStory.StartAsync(Stage, coordinator: options => options.SettlePrefetch = 8);
        await using var blocker = new NpgsqlConnection(Postgres.ConnectionString);
        await blocker.OpenAsync();
        await IsBackAsync(story);
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, 1_000).Select(number => new Scene("wait", number)), Patient);
        await story.Script.EnteredAsync();
        await using (var transaction = await blocker.BeginTransactionAsync())
        {
            // Nothing can be settled while the table is locked, so settlements pile up on the broker.
            await using var block = new NpgsqlCommand("lock table busjobs.job in exclusive mode", blocker, transaction);
            await block.ExecuteNonQueryAsync();
            story.Script.Gate.Release(10_000);
            await Eventually.HoldsAsync(async () => await Saboteur.CountAsync(SettlementQueue) > 0);
            Assert.True(await Saboteur.PurgeAsync(SettlementQueue) > 0);
        }

        await AllSucceedAsync(story);
        Assert.Equal(0, await CrashesAsync());
        Assert.Equal(1_000, story.Script.Played.Where(act => act.Act == "wait").Select(act => act.Job).Distinct().Count());
    }

    /// <summary>A thousand jobs sent, a few of them running, the others waiting on the broker.</summary>
    private async Task<JobStory> InFlightAsync()
    {
        // A busy machine may hold a beat up for two seconds, and a worker that lost its lease would give jobs back too early for these stories.
        var story = await JobStory.StartAsync(Stage with { Lease = TimeSpan.FromSeconds(4) }, slots: 4, Flood(1_000));
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, 1_000).Select(number => new Scene("wait", number)), Patient);
        await story.Script.EnteredAsync();
        await Eventually.HoldsAsync(async () => (await story.Ledger.CountsAsync(CancellationToken.None)).Dispatched > 900
            && await Saboteur.CountAsync(WorkQueue) > 400);
        return story;
    }
}
