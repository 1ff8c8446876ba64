using System.Collections.Concurrent;
using System.Threading.Channels;
using BusJobs.Bus;
using BusJobs.Wire;
using BusJobs.Worker;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Worker;

/// <summary>A worker on a bus, and a stand-in for the coordinators: it dispatches, and hears what the worker says.</summary>
internal sealed class WorkerRig : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly IHost host;
    private readonly Ears ears = new();
    private long sequence;

    private WorkerRig(IHost host) => this.host = host;

    public Signals Signals => host.Services.GetRequiredService<Signals>();
    public JobWorker Worker => host.Services.GetRequiredService<JobWorker>();
    public WorkerHealth Health => host.Services.GetRequiredService<WorkerHealth>();
    public int Restarts => host.Services.GetRequiredService<WorkerParts>().Queues.Sum(queue => queue.FruitlessRestarts);
    public JobBus Bus => host.Services.GetRequiredService<JobBus>();

    public static async Task<WorkerRig> StartAsync(Uri? rabbitMq, Action<WorkerBuilder>? configure = null, Action<BusOptions>? bus = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddSingleton<Signals>().AddBusJobsBus(options => options.RabbitMq = rabbitMq).AddBusJobsBus(bus).AddBusJobsWorker(worker =>
        {
            worker.Queue("work", slots: 4).Handle<Probe, ProbeHandler>(new JobPolicy { Backoff = Backoff.Intervals(TimeSpan.FromSeconds(7)) });
            worker.Configure(options => options.TimeoutGrace = TimeSpan.FromMilliseconds(100));
            configure?.Invoke(worker);
        });
        var rig = new WorkerRig(builder.Build());
        await rig.Bus.StartAsync(CancellationToken.None).WaitAsync(Patience);
        await rig.Bus.ConnectAsync(
            new EndpointSpec(rig.Bus.Names.Settlements, EndpointKind.Settlements, 16), endpoint => endpoint.Instance(rig.ears), CancellationToken.None);
        await rig.Bus.ConnectAsync(
            new EndpointSpec(rig.Bus.Names.Own(Id()), EndpointKind.Broadcast, 16), endpoint => endpoint.Instance(rig.ears.ForBeats), CancellationToken.None);
        await rig.host.StartAsync();
        await rig.Worker.Ready.WaitAsync(Patience);
        return rig;
    }

    public static DispatchedJob Job(Probe probe, int attempt = 1) => Job(PayloadJson.Write(probe), attempt);

    public static DispatchedJob Job(string payload, int attempt = 1) => new() { Id = Id(), Fence = 1, Attempt = attempt, Payload = payload };

    public async Task<Dispatch> DispatchAsync(params DispatchedJob[] jobs) => await DispatchAsync("test.probe", jobs);

    public Task<Dispatch> DispatchAsync(string kind, params DispatchedJob[] jobs) => DispatchToAsync("work", kind, jobs);

    public async Task<Dispatch> DispatchToAsync(string queue, string kind, params DispatchedJob[] jobs)
    {
        var dispatch = new Dispatch { Id = Id(), Kind = kind, Queue = queue, Sequence = Interlocked.Increment(ref sequence), Jobs = jobs };
        await Bus.SendAsync(Bus.Names.Work(queue), dispatch, mandatory: true, CancellationToken.None);
        return dispatch;
    }

    public Task<Settled> NextAsync(Dispatch dispatch) => ears.Of(dispatch.Id).Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>All settlements of a dispatch, by job, once the worker has said that they are all.</summary>
    public async Task<IReadOnlyDictionary<Guid, Settlement>> SettledAsync(Dispatch dispatch)
    {
        var all = new Dictionary<Guid, Settlement>();
        for (var last = false; !last;)
        {
            var message = await NextAsync(dispatch);
            last = message.Last;
            foreach (var job in message.Jobs)
            {
                Assert.True(all.TryAdd(job.JobId, job), "A job was settled twice.");
            }
        }

        return all;
    }

    public async Task<Settlement> RunOneAsync(DispatchedJob job) => (await SettledAsync(await DispatchAsync(job)))[job.Id];

    /// <summary>The next beat that fits; earlier ones are dropped.</summary>
    public async Task<WorkerBeat> BeatAsync(Func<WorkerBeat, bool> fits)
    {
        while (true)
        {
            var beat = await ears.Beats.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            if (fits(beat))
            {
                return beat;
            }
        }
    }

    public Task<HandedBack> HandedBackAsync() => ears.HandedBack.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task StopAsync() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Signals.Release.TrySetResult();
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private static Guid Id() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    private sealed class Ears : IConsumer<Settled>, IConsumer<HandedBack>
    {
        private readonly ConcurrentDictionary<Guid, Channel<Settled>> settled = new();

        public Channel<WorkerBeat> Beats { get; } = Channel.CreateUnbounded<WorkerBeat>();
        public Channel<HandedBack> HandedBack { get; } = Channel.CreateUnbounded<HandedBack>();
        public BeatEars ForBeats => new(Beats);

        public Channel<Settled> Of(Guid dispatch) => settled.GetOrAdd(dispatch, _ => Channel.CreateUnbounded<Settled>());

        public Task Consume(ConsumeContext<Settled> context) => Of(context.Message.DispatchId).Writer.WriteAsync(context.Message).AsTask();

        public Task Consume(ConsumeContext<HandedBack> context) => HandedBack.Writer.WriteAsync(context.Message).AsTask();
    }

    private sealed class BeatEars(Channel<WorkerBeat> beats) : IConsumer<WorkerBeat>
    {
        public Task Consume(ConsumeContext<WorkerBeat> context) => beats.Writer.WriteAsync(context.Message).AsTask();
    }
}
