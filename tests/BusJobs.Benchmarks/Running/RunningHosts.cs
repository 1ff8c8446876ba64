using BusJobs.Coordinator;
using BusJobs.Ledger;
using BusJobs.Worker;
using BusJobs.Bus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace BusJobs.Benchmarks.Running;

/// <summary>A coordinator and a worker, each a host of its own as in production, or both in one where the bus is in memory.</summary>
internal sealed class RunningHosts : IAsyncDisposable
{
    /// <summary>What a service on two cores would have by default.</summary>
    private const int Slots = 4;

    private readonly List<IHost> hosts = [];

    /// <summary>Starts a worker, then a coordinator; returns once both are connected.</summary>
    public static async Task<RunningHosts> StartAsync(LedgerOptions ledger, Action<BusOptions> bus, Probe probe, CancellationToken cancellationToken)
    {
        var running = new RunningHosts();
        await running.AddAsync(services => AddWorker(services.AddBusJobsBus(bus), probe), cancellationToken);
        return await running.AndCoordinatorAsync(ledger, bus, cancellationToken);
    }

    public static Task<RunningHosts> StartCoordinatorAsync(LedgerOptions ledger, Action<BusOptions> bus, CancellationToken cancellationToken) =>
        new RunningHosts().AndCoordinatorAsync(ledger, bus, cancellationToken);

    public static async Task<RunningHosts> StartEmbeddedAsync(LedgerOptions ledger, Probe probe, CancellationToken cancellationToken)
    {
        var running = new RunningHosts();
        await running.AddAsync(services => AddWorker(services.AddBusJobsLedger(ledger).AddBusJobsCoordinator(), probe), cancellationToken);
        return running;
    }

    /// <summary>One more host, as a producer has: its relay.</summary>
    public Task AndRelayAsync(Shop shop, Action<BusOptions> bus, CancellationToken cancellationToken) => AddAsync(
        services =>
        {
            services.AddBusJobsBus(bus);
            shop.AddRelay(services);
        },
        cancellationToken);

    /// <summary>Workers first, so that the coordinator writes their last settlements.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            await host.StopAsync(patience.Token);
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        hosts.Clear();
    }

    private static void AddWorker(IServiceCollection services, Probe probe) => services
        .AddSingleton(probe)
        .AddBusJobsWorker(worker => worker
            .Queue(Names.DefaultQueue, Slots)
            .Handle<Noop, NoopHandler>()
            .Configure(options => options.DrainTime = TimeSpan.FromSeconds(2)));

    private async Task<RunningHosts> AndCoordinatorAsync(LedgerOptions ledger, Action<BusOptions> bus, CancellationToken cancellationToken)
    {
        await AddAsync(services => services.AddBusJobsBus(bus).AddBusJobsLedger(ledger).AddBusJobsCoordinator(), cancellationToken);
        return this;
    }

    private async Task AddAsync(Action<IServiceCollection> configure, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        // What MassTransit has to say of a bus that is being stopped is of no use here; BusJobs tells of what matters.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("MassTransit", LogLevel.Critical).AddConsole();
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        configure(builder.Services);
        var host = builder.Build();
        hosts.Add(host);
        try
        {
            await host.StartAsync(cancellationToken);
            if (host.Services.GetService<JobWorker>() is { } worker)
            {
                await worker.Ready.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
            }
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }
}
