using BusJobs.Coordinator;
using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Faulty;

/// <summary>Stories in which a server, or what is in it, is harmed from outside while jobs run. Each test has names of its own on the broker.</summary>
public abstract class FaultyTests(PostgresFixture postgres, RabbitFixture rabbit) : IAsyncLifetime
{
    private readonly string prefix = $"t{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    protected Stage Stage => new(postgres.ConnectionString, rabbit.Address, DataFolder: "", prefix) { OtherQueues = ["other"] };

    protected string WorkQueue => $"{prefix}.default";

    protected string SettlementQueue => $"{prefix}:settlements";

    protected PostgresFixture Postgres => postgres;

    protected RabbitFixture Rabbit => rabbit;

    private protected Saboteur Saboteur { get; } = new(rabbit);

    public Task InitializeAsync() => postgres.EmptyAsync();

    /// <summary>What MassTransit could not consume it moves to queues that nobody reads: there must be none.</summary>
    public async Task DisposeAsync()
    {
        var queues = await RabbitServer.QueuesAsync(rabbit.Vhost);
        Assert.DoesNotContain(queues, queue => queue.EndsWith("_error", StringComparison.Ordinal) || queue.EndsWith("_skipped", StringComparison.Ordinal));
    }

    /// <summary>As many jobs claimed and sent as the test asks for, whatever their handlers' pace.</summary>
    protected static Action<CoordinatorOptions> Flood(int jobs) => options =>
        (options.MaxWindow, options.WindowTime) = (jobs, TimeSpan.FromMinutes(5));

    /// <summary>Chains of jobs that go on until <see cref="Script.IsCalm"/>: a lost job or follow-up breaks its chain.</summary>
    protected static async Task<JobStory> LoadAsync(Stage stage, int chains)
    {
        var story = await JobStory.StartAsync(stage);
        await story.Jobs.EnqueueManyAsync(Enumerable.Range(0, chains).Select(number => new Scene("go on", number)));
        await Eventually.HoldsAsync(() => story.Script.Played.Count > chains);
        return story;
    }

    protected static async Task EndLoadAsync(JobStory story, int chains)
    {
        story.Script.IsCalm = true;
        await AllSucceedAsync(story);
        Assert.Equal(chains, story.Script.Chains.Count);
    }

    protected static async Task AllSucceedAsync(JobStory story)
    {
        try
        {
            await story.AllEndAsync(seconds: 90);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{await story.Ledger.CountsAsync(CancellationToken.None)}\n{Tail(story)}", exception);
        }

        Assert.Equal(0, (await story.Ledger.CountsAsync(CancellationToken.None)).DeadNow);
    }

    /// <summary>Every part says that it can work, and a job that is enqueued now is done soon.</summary>
    protected static async Task IsBackAsync(JobStory story)
    {
        try
        {
            await Eventually.HoldsAsync(() => IsReady(story), TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException exception)
        {
            var reasons = story.Hosts.SelectMany(host => host.Services.GetRequiredService<WorkerHealth>().NotReadyReasons
                .Concat(host.Services.GetService<CoordinatorHealth>()?.NotReady() ?? []));
            throw new TimeoutException($"{string.Join("; ", reasons)}\n{Tail(story)}", exception);
        }

        await story.ReachesAsync(await story.EnqueueAsync("pass", new EnqueueOptions { Priority = 0 }), LedgerState.Succeeded);
    }

    protected static bool IsReady(JobStory story) => story.Hosts.All(host =>
        host.Services.GetRequiredService<WorkerHealth>().IsReady && host.Services.GetService<CoordinatorHealth>()?.NotReady() is not { Count: > 0 });

    protected async Task<int> CrashesAsync()
    {
        await using var command = postgres.DataSource.CreateCommand("select coalesce(sum(crashes), 0)::int from busjobs.job");
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static string Tail(JobStory story) =>
        string.Join('\n', story.Log.Lines.TakeLast(40).Select(line => $"{line.At:mm:ss.fff} {line.Level} {line.Message} {line.Exception?.Message}"));
}
