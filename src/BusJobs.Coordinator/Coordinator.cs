using BusJobs.Bus;
using BusJobs.Coordinator.Dispatching;
using BusJobs.Coordinator.Receiving;
using BusJobs.Coordinator.Settling;
using BusJobs.Coordinator.Tracking;
using BusJobs.Ledger;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Coordinator;

/// <summary>
/// Owns the ledger: starts its parts in the order of a job's life, waits for servers that are not up yet, and stops sending
/// before it stops settling. Two or more may run side by side.
/// </summary>
internal sealed class Coordinator(
    ILedger ledger, JobBus bus, IntakeConsumer intake, Admitter admitter, Dispatcher dispatcher, Sender sender, Settler settler, SettlementConsumer settlements,
    BroadcastConsumer broadcasts, Pulses pulses, Reclaim reclaim, Canceller canceller, Doorkeeper doorkeeper, DeadLetterCopies copies,
    CoordinatorIdentity identity, CoordinatorHealth health, IOptions<CoordinatorOptions> options, TimeProvider clock, ILogger<Coordinator> logger)
    : BackgroundService
{
    private JobEndpoint? settling;
    private JobEndpoint? hearing;
    private JobEndpoint? receiving;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var writing = new CancellationTokenSource();
        await OpenLedgerAsync(stoppingToken);
        health.LedgerIsOpen = true;
        await bus.StartAsync(stoppingToken);
        if (bus.IsInMemory)
        {
            await reclaim.TakeBackAllAsync(crashed: true, stoppingToken);
        }

        pulses.Deaf = RestartConsumersAsync;
        var writers = Enumerable.Range(0, options.Value.SettleLoops).Select(_ => Task.Run(() => settler.RunAsync(writing.Token), writing.Token)).ToList();
        writers.Add(Task.Run(() => settler.RunKeyedAsync(writing.Token), writing.Token));
        writers.Add(Task.Run(() => admitter.RunAsync(writing.Token), writing.Token));
        hearing = await bus.ConnectAsync(
            new EndpointSpec(bus.Names.Own(identity.Id), EndpointKind.Broadcast, 256), endpoint => endpoint.Instance(broadcasts), stoppingToken);
        settling = await bus.ConnectAsync(
            new EndpointSpec(bus.Names.Settlements, EndpointKind.Settlements, options.Value.SettlePrefetch), endpoint => endpoint.Instance(settlements), stoppingToken);
        health.Watch(settling, hearing);
        var taking = ReceiveAsync(stoppingToken);
        await Task.WhenAny(taking, Task.Delay(bus.Options.Lease, clock, stoppingToken));
        logger.Up(identity.Id);
        await Task.WhenAll(
            taking.ContinueWith(_ => { }, TaskScheduler.Default),
            Task.Run(() => dispatcher.RunAsync(sending.Token), CancellationToken.None),
            Task.Run(() => pulses.RunAsync(stoppingToken), CancellationToken.None),
            Task.Run(() => reclaim.RunAsync(stoppingToken), CancellationToken.None),
            Task.Run(() => canceller.RunAsync(stoppingToken), CancellationToken.None),
            Task.Run(() => doorkeeper.RunAsync(stoppingToken), CancellationToken.None),
            Task.Run(() => copies.RunAsync(stoppingToken), CancellationToken.None).ContinueWith(_ => { }, TaskScheduler.Default));
        await CloseAsync(writing, writers);
    }

    private async Task OpenLedgerAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromMilliseconds(200);
        while (true)
        {
            try
            {
                await ledger.MigrateAsync(stoppingToken);
                await ledger.DeclareLimitsAsync([.. options.Value.Limits], stoppingToken);
                return;
            }
            catch (System.Data.Common.DbException exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.WaitingFor("database", exception.Message);
                await Task.Delay(pause, clock, stoppingToken);
                pause = pause * 2 < TimeSpan.FromSeconds(5) ? pause * 2 : TimeSpan.FromSeconds(5);
            }
        }
    }

    /// <summary>Does not return while the broker refuses an exchange of another service; what is in the ledger already runs all the same.</summary>
    private async Task ReceiveAsync(CancellationToken stoppingToken)
    {
        receiving = await bus.ConnectAsync(
            new EndpointSpec(bus.Names.Intake, EndpointKind.Intake, options.Value.IntakePrefetch) { Exchanges = [.. options.Value.Accepted.Select(command => command.Exchange)] },
            endpoint => endpoint.Instance(intake), stoppingToken);
        health.Watch(settling!, hearing!, receiving);
    }

    private async Task RestartConsumersAsync(CancellationToken cancellationToken)
    {
        await hearing!.RestartAsync(cancellationToken);
        await settling!.RestartAsync(cancellationToken);
    }

    /// <summary>What was sent is confirmed or undecided, and what was settled is written, before the process ends.</summary>
    private async Task CloseAsync(CancellationTokenSource writing, List<Task> writers)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10), clock);
        try
        {
            await intake.CloseAsync();
            await (receiving?.StopAsync(patience.Token) ?? Task.CompletedTask);
            await sender.FlushAsync(patience.Token);
            await settling!.StopAsync(patience.Token);
            await hearing!.StopAsync(patience.Token);
            if (bus.IsInMemory)
            {
                await reclaim.TakeBackAllAsync(crashed: false, patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The servers are away: what is open stays open in the ledger, and the next coordinator sees to it.
        }

        await writing.CancelAsync();
        await Task.WhenAll(writers).ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
