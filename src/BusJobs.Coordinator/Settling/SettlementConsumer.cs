using BusJobs.Bus;
using BusJobs.Wire;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Settling;

/// <summary>Reads the settlement queue. A message is acked once what it says is in the ledger, and never thrown back to MassTransit.</summary>
internal sealed class SettlementConsumer(Settler settler, JobBus bus, ILogger<SettlementConsumer> logger) : IConsumer<Settled>, IConsumer<HandedBack>, IConsumer<Pulse>
{
    public Task Consume(ConsumeContext<Settled> context) => settler.SettleAsync(context.Message);

    /// <summary>One coordinator reads it here; all of them need to know.</summary>
    public Task Consume(ConsumeContext<HandedBack> context) => TellAllAsync(context.Message, context.CancellationToken);

    public async Task Consume(ConsumeContext<Pulse> context)
    {
        await settler.PassAsync();
        var pulse = context.Message;
        await TellAllAsync(new PulseEcho { CoordinatorId = pulse.CoordinatorId, Number = pulse.Number, Untaken = pulse.Untaken }, context.CancellationToken);
    }

    /// <summary>A word that is lost is made good by the next pulse or by an overtaking; thrown, it would end in an error queue that nobody reads.</summary>
    private async Task TellAllAsync<T>(T message, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            await bus.PublishAsync(message, cancellationToken);
        }
        catch (Exception exception)
        {
            logger.WordLost(exception, typeof(T).Name);
        }
    }
}
