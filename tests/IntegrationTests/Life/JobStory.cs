using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Clients;
using BusJobs.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Life;

/// <summary>Where a story is played: embedded, or on real servers.</summary>
public sealed record Stage(string? Database, Uri? RabbitMq, string DataFolder, string Prefix)
{
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(2);

    public int DeadLetterCopies { get; init; } = 10_000;

    /// <summary>Served beside <c>default</c>, with as many slots.</summary>
    public IReadOnlyList<string> OtherQueues { get; init; } = [];

    public static Stage Embedded() => new(Database: null, RabbitMq: null, Directory.CreateTempSubdirectory("busjobs-test-").FullName, "busjobs");
}

/// <summary>
/// A coordinator and a worker in this process, with short times, and a client: what a test needs to play a job's life. More
/// workers and coordinators can join it on real servers.
/// </summary>
public sealed class JobStory : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Stage stage;
    private readonly List<IHost> hosts = [];

    private JobStory(Stage stage) => this.stage = stage;

    public Script Script { get; } = new();

    /// <summary>What the hosts of the story have logged.</summary>
    public StoryLog Log { get; } = new();

    public IReadOnlyList<IHost> Hosts => hosts;
    public ILedger Ledger { get; private set; } = null!;
    public LedgerJobClient Jobs { get; private set; } = null!;

    public static async Task<JobStory> StartAsync(Stage stage, int slots = 8, Action<CoordinatorOptions>? coordinator = null, bool work = true, Action<IServiceCollection>? more = null)
    {
        var story = new JobStory(stage);
        var host = await story.JoinAsync(slots, coordinates: true, works: work, coordinator, more);
        story.Ledger = host.Services.GetRequiredService<ILedger>();
        story.Jobs = host.Services.GetRequiredService<LedgerJobClient>();
        await story.Ledger.MigrateAsync(CancellationToken.None);
        return story;
    }

    /// <param name="more">What else the host has.</param>
    public async Task<IHost> JoinAsync(
        int slots = 8, bool coordinates = false, bool works = true, Action<CoordinatorOptions>? coordinator = null, Action<IServiceCollection>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddFilter("BusJobs", LogLevel.Information).AddFilter("MassTransit", LogLevel.None).AddProvider(Log);
        builder.Services.AddBusJobsBus(bus =>
        {
            (bus.RabbitMq, bus.Prefix) = (stage.RabbitMq, stage.Prefix);
            (bus.BeatInterval, bus.Lease) = (TimeSpan.FromMilliseconds(200), stage.Lease);
            bus.DeadLetterCopies = stage.DeadLetterCopies;
        });
        if (coordinates)
        {
            builder.Services.AddBusJobsLedger(new LedgerOptions { Database = stage.Database, DataFolder = stage.DataFolder });
            builder.Services.AddBusJobsCoordinator(coordinator);
        }

        if (works)
        {
            builder.Services.AddSingleton(Script);
            builder.Services.AddBusJobsWorker(worker => worker.Queue("default", slots).Handle<Scene, SceneHandler>(new JobPolicy
            {
                MaxAttempts = 3, Backoff = Backoff.Exponential(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100)), Timeout = TimeSpan.FromSeconds(20),
            }).Configure(options =>
            {
                options.TimeoutGrace = TimeSpan.FromMilliseconds(300);
                foreach (var queue in stage.OtherQueues)
                {
                    options.Queues[queue] = slots;
                }
            }));
        }

        more?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        hosts.Add(host);
        return host;
    }

    public async Task<Guid> EnqueueAsync(string act, EnqueueOptions? options = null) =>
        (await Jobs.EnqueueAsync(new Scene(act), options)).Id!.Value;

    public async Task<JobRecord> ReachesAsync(Guid job, LedgerState state)
    {
        JobRecord? record = null;
        try
        {
            await Eventually.HoldsAsync(async () => (record = await Ledger.FindAsync(job, CancellationToken.None))?.State == state, Patience);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"Job {job} should be {state}, but is {record}. Logged:\n{Log}", exception);
        }

        return record!;
    }

    public Task AllEndAsync(int seconds = 60) =>
        HoldsAsync(async () => (await Ledger.CountsAsync(CancellationToken.None)).Live == 0, TimeSpan.FromSeconds(seconds));

    /// <summary>Waits, and tells what the hosts have logged when it was in vain.</summary>
    public async Task HoldsAsync(Func<Task<bool>> condition, TimeSpan timeout, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        try
        {
            await Eventually.HoldsAsync(condition, timeout, what);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message} Logged:\n{Log}", exception);
        }
    }

    public async Task LeaveAsync(IHost host)
    {
        hosts.Remove(host);
        await host.StopAsync();
        host.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Script.End();
        foreach (var host in Enumerable.Reverse(hosts))
        {
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}

/// <summary>A job whose handler does what its act says.</summary>
[JobKind("test.scene")]
public sealed record Scene(string Act, int Number = 0);

/// <summary>Known to no worker of a story.</summary>
[JobKind("test.unknown")]
public sealed record Stranger(string Word);

/// <summary>What handlers and a test tell each other.</summary>
public sealed class Script
{
    private readonly CancellationTokenSource ended = new();

    public ConcurrentQueue<(Guid Job, string Act, int Attempt, int Fence)> Played { get; } = new();

    /// <summary>Released once for each "wait" that may go on.</summary>
    public SemaphoreSlim Gate { get; } = new(0);

    public SemaphoreSlim Entered { get; } = new(0);

    public CancellationToken Ended => ended.Token;

    /// <summary>Chains of the act "go on" whose last job has run.</summary>
    public ConcurrentDictionary<int, bool> Chains { get; } = new();

    /// <summary>Handlers of the act "wait" whose token fired.</summary>
    public ConcurrentQueue<Guid> Stopped { get; } = new();

    /// <summary>Once true, the chains of the act "go on" end.</summary>
    public bool IsCalm { get; set; }

    public void End() => ended.Cancel();

    public Task EnteredAsync() => Entered.WaitAsync(TimeSpan.FromSeconds(30));
}

internal sealed class SceneHandler(Script script) : IJobHandler<Scene>
{
    public async Task HandleAsync(Scene job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        script.Played.Enqueue((attempt.JobId, job.Act, attempt.Number, attempt.Fence));
        switch (job.Act)
        {
            case "fail once" when attempt.Number > 1:
            case "pass":
                return;
            case "fail" or "fail once":
                throw new InvalidOperationException("This act always fails.");
            case "give up":
                throw new PermanentJobException("No later attempt can succeed.");
            case "snooze" when script.Played.Count(act => act.Job == attempt.JobId) < 3:
                throw new SnoozeJobException(TimeSpan.FromMilliseconds(50));
            case "snooze":
                return;
            case "follow up":
                attempt.FollowUp(new Scene("pass"));
                return;
            case "follow up by key":
                attempt.FollowUp(new Scene("pass"), new EnqueueOptions { Unique = Unique.WhileActive($"key {job.Number}") });
                return;
            case "follow up and fail":
                attempt.FollowUp(new Scene("pass"));
                throw new PermanentJobException("Its follow-up must not be enqueued.");
            case "wait":
                attempt.ReportProgress(40, "waiting");
                script.Entered.Release();
                await using (cancellationToken.Register(() => script.Stopped.Enqueue(attempt.JobId)))
                {
                    await script.Gate.WaitAsync(cancellationToken);
                }

                return;
            case "take a while":
                await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System, cancellationToken);
                return;
            case "go on":
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);
                if (script.IsCalm)
                {
                    script.Chains.TryAdd(job.Number, true);
                }
                else
                {
                    attempt.FollowUp(job);
                }

                return;
            case "ignore the token":
                script.Entered.Release();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, script.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            default:
                throw new PermanentJobException($"No act '{job.Act}'.");
        }
    }
}
