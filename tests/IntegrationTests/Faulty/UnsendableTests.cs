using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Faulty;

/// <summary>What cannot be sent waits with a reason, and nothing waits behind it.</summary>
public sealed class UnsendableTests(PostgresFixture postgres, RabbitFixture rabbit)
    : FaultyTests(postgres, rabbit), IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private static readonly EnqueueOptions Other = new() { Queue = "other" };

    [Fact]
    public async Task Jobs_of_a_queue_without_its_binding_wait_with_a_reason_until_the_worker_has_bound_it_again()
    {
        await using var story = await JobStory.StartAsync(Stage);
        await IsBackAsync(story);
        await Saboteur.UnbindAsync(WorkQueue);
        var id = await story.EnqueueAsync("pass");
        await HasReasonAsync(story, id, "no queue is bound");
        await story.ReachesAsync(await story.EnqueueAsync("pass", Other), LedgerState.Succeeded);
        Assert.NotEqual(LedgerState.Succeeded, (await story.Ledger.FindAsync(id, CancellationToken.None))!.State);
        var job = await story.ReachesAsync(id, LedgerState.Succeeded);
        Assert.Equal((1, 0), (job.Attempts, job.Crashes));
        await IsBackAsync(story);
    }

    public static TheoryData<string> Unpackable => new()
    {
        """{"act":""",
        $$"""{"act":"{{new string('x', 300 * 1024)}}"}""",
        $"{new string('[', 40)}{new string(']', 40)}",
    };

    [Theory]
    [MemberData(nameof(Unpackable))]
    public async Task A_row_that_came_round_the_door_is_parked_with_a_reason_and_its_neighbours_run(string payload)
    {
        await using var story = await JobStory.StartAsync(Stage);
        var bad = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await using var insert = Postgres.DataSource.CreateCommand(
            "insert into busjobs.job (id, kind, queue, payload, priority) values ($1, 'test.scene', 'default', $2, 0)");
        insert.Parameters.AddWithValue(bad);
        insert.Parameters.AddWithValue(payload);
        await insert.ExecuteNonQueryAsync();
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, 50).Select(number => new Scene("pass", number)));
        await Eventually.HoldsAsync(async () => (await story.Ledger.CountsAsync(CancellationToken.None)).Succeeded == 50);
        var job = (await story.Ledger.FindAsync(bad, CancellationToken.None))!;
        Assert.Equal(LedgerState.Scheduled, job.State);
        Assert.StartsWith("cannot be dispatched: its payload", job.Reason, StringComparison.Ordinal);
        Assert.Equal((0, 0), (job.Attempts, job.Crashes));
        Assert.True(job.RunAt > job.EnqueuedAt.AddSeconds(5));
    }

    [Fact]
    public async Task Jobs_of_a_full_queue_wait_with_a_reason_and_other_queues_flow()
    {
        await using var story = await JobStory.StartAsync(Stage, slots: 1, Flood(100));
        await IsBackAsync(story);
        await Saboteur.FillAsync(WorkQueue, messages: 1);
        // One runs, four more are with the worker; the queue is full before the rest is.
        var refused = Guid.Empty;
        await Eventually.HoldsAsync(async () =>
        {
            await story.Jobs.EnqueueAsync(new Scene("wait"), new EnqueueOptions { Timeout = TimeSpan.FromMinutes(5) });
            refused = await RefusedAsync();
            return refused != Guid.Empty;
        });
        await story.ReachesAsync(await story.EnqueueAsync("pass", Other), LedgerState.Succeeded);
        Assert.NotEqual(LedgerState.Succeeded, (await story.Ledger.FindAsync(refused, CancellationToken.None))!.State);
        Assert.DoesNotContain(story.Log.Lines, line => line.Message.Contains("consumer is dead", StringComparison.Ordinal));
        // RabbitMQ tells publishers that a queue takes messages again when it has drained, not when its limit is lifted before.
        story.Script.Gate.Release(10_000);
        await Eventually.HoldsAsync(async () => await Saboteur.CountAsync(WorkQueue) == 0);
        await Saboteur.EmptyAsync();
        await AllSucceedAsync(story);
        Assert.Equal(0, await CrashesAsync());
    }

    private async Task<Guid> RefusedAsync()
    {
        await using var select = Postgres.DataSource.CreateCommand("select id from busjobs.job where reason like 'cannot be sent: the broker refused%' limit 1");
        return await select.ExecuteScalarAsync() as Guid? ?? Guid.Empty;
    }

    private static Task HasReasonAsync(JobStory story, Guid id, string reason) => Eventually.HoldsAsync(async () =>
        (await story.Ledger.FindAsync(id, CancellationToken.None))!.Reason?.Contains(reason, StringComparison.Ordinal) == true);
}
