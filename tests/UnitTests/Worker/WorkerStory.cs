using System.Diagnostics.Metrics;
using System.Threading.Channels;
using BusJobs.Bus;
using BusJobs.UnitTests.Support;
using BusJobs.Wire;
using BusJobs.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.UnitTests.Worker;

/// <summary>The parts of a worker with no bus: a test delivers dispatches, moves the clock, and hears what would have been sent.</summary>
internal sealed class WorkerStory : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Channel<Settled> settled = Channel.CreateUnbounded<Settled>();
    private readonly ServiceProvider services;
    private long sequence;

    public WorkerStory(Func<Told, JobAttempt, CancellationToken, Task>? handle = null, int slots = 4, JobPolicy? policy = null)
    {
        services = new ServiceCollection()
            .AddMetrics()
            .AddScoped<ToldHandler>()
            .AddSingleton(handle ?? ((_, _, _) => Task.CompletedTask))
            .BuildServiceProvider();
        var worker = new WorkerOptions { Name = "story" };
        worker.Queues["work"] = slots;
        var handlers = new HandlerTable([new HandlerEntry<Told, ToldHandler>(JobKind.Of(typeof(Told)), policy ?? JobPolicy.Default)]);
        Metrics = new WorkerMetrics(services.GetRequiredService<IMeterFactory>());
        Parts = new WorkerParts(
            Options.Create(new BusOptions()), Options.Create(worker), handlers, Metrics, new Uplink(SettleAsync, HandBackAsync, BeatAsync),
            services.GetRequiredService<IServiceScopeFactory>(), Clock, NullLoggerFactory.Instance);
        Parts.Heartbeat.RunOnce(goodbye: false);
    }

    public ManualClock Clock { get; } = new();
    public WorkerParts Parts { get; }
    public WorkerMetrics Metrics { get; }
    public WorkQueue Queue => Parts.Queues[0];
    public List<Guid> HandedBack { get; } = [];
    public List<WorkerBeat> Beats { get; } = [];
    public Exception? BrokerFault { get; set; }

    public static DispatchedJob Job(string what = "", int attempt = 1) =>
        new() { Id = Id(), Fence = 1, Attempt = attempt, Payload = PayloadJson.Write(new Told(what)) };

    public Dispatch Dispatch(params DispatchedJob[] jobs) =>
        new() { Id = Id(), Kind = "test.told", Queue = "work", Sequence = Interlocked.Increment(ref sequence), Jobs = jobs };

    /// <returns>Completes when the broker may forget the message.</returns>
    public Task DeliverAsync(Dispatch dispatch, bool redelivered = false) =>
        Parts.Intake.ReceiveAsync(Queue, dispatch, redelivered, Parts.Leaving).WaitAsync(Patience);

    public Task<Settled> NextAsync() => settled.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public bool NothingSettled => settled.Reader.Count == 0;

    public async Task<Settlement> RunOneAsync(DispatchedJob job)
    {
        var delivery = DeliverAsync(Dispatch(job));
        var message = await NextAsync();
        await delivery;
        return Assert.Single(message.Jobs);
    }

    public async ValueTask DisposeAsync()
    {
        Parts.Held.ForgetAll();
        Parts.Dispose();
        await services.DisposeAsync();
    }

    private static Guid Id() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    private Task SettleAsync(Settled message, CancellationToken cancellationToken) =>
        BrokerFault is { } fault ? Task.FromException(fault) : settled.Writer.WriteAsync(message, cancellationToken).AsTask();

    private Task HandBackAsync(HandedBack message, CancellationToken cancellationToken)
    {
        HandedBack.Add(message.DispatchId);
        return Task.CompletedTask;
    }

    private Task BeatAsync(WorkerBeat beat, CancellationToken cancellationToken)
    {
        Beats.Add(beat);
        return BrokerFault is { } fault ? Task.FromException(fault) : Task.CompletedTask;
    }
}

[JobKind("test.told", Queue = "work")]
internal sealed record Told(string What);

internal sealed class ToldHandler(Func<Told, JobAttempt, CancellationToken, Task> handle) : IJobHandler<Told>
{
    public Task HandleAsync(Told job, JobAttempt attempt, CancellationToken cancellationToken) => handle(job, attempt, cancellationToken);
}
