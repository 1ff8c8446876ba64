using BusJobs.Bus;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Outbox.Relaying;

/// <summary>
/// Hands over what has committed in the outbox of a context's database: claims, packs, sends, and deletes what the coordinators say is in the
/// ledger. Any number may run beside each other, in one process or many.
/// </summary>
internal sealed class Relay<TContext>(
    IServiceScopeFactory scopes, JobBus bus, IOptions<OutboxOptions> options, OutboxHealth health, TimeProvider clock, ILogger<Relay<TContext>> logger)
    : BackgroundService
    where TContext : DbContext
{
    private const int AnswersAtOnce = 64;

    private readonly Guid id = Guid.CreateVersion7(clock.GetUtcNow());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Relay)
        {
            return;
        }

        await using var table = Open();
        var clearing = new Clearing(table, options.Value, health, clock, logger);
        var flight = new Flight(bus, clearing, options.Value, clock, logger);
        var turn = new RelayTurn(table, flight, new RowPacker(options.Value, id, clock), options.Value, logger);
        // The answers' queue comes first: what is sent before it would be answered to nobody.
        await bus.StartAsync(stoppingToken);
        var answers = await bus.ConnectAsync(
            new EndpointSpec(bus.Names.Own(id), EndpointKind.Broadcast, AnswersAtOnce), endpoint => endpoint.Instance(new AnswerConsumer(id, flight)), stoppingToken);
        logger.RelayUp(id, typeof(TContext).Name);
        await Task.WhenAll(
            RunAsync("The relay", turn.RunOnceAsync, stoppingToken),
            RunAsync("The clearing of the outbox", clearing.RunAsync, stoppingToken),
            RunAsync("The measuring of the outbox", token => MeasureAsync(table, token), stoppingToken));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), clock);
        await answers.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private IOutboxTable Open()
    {
        using var scope = scopes.CreateScope();
        return OutboxTables.Of(scope.ServiceProvider.GetRequiredService<TContext>(), clock);
    }

    private Task RunAsync(string name, Func<CancellationToken, Task> runOnce, CancellationToken stopping) =>
        Task.Run(() => RelayLoop.RunAsync(name, runOnce, logger, clock, stopping), CancellationToken.None);

    private async Task MeasureAsync(IOutboxTable table, CancellationToken cancellationToken)
    {
        health.Measured(await table.MeasureAsync(now: null, cancellationToken));
        await Task.Delay(options.Value.MeasureInterval, clock, cancellationToken);
    }
}
