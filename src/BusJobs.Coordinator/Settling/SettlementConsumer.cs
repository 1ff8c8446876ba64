using BusJobs.Bus;
using BusJobs.Wire;
using MassTransit;

namespace BusJobs.Coordinator.Settling;

/// <summary>Reads the settlement queue. A message is acked once what it says is in the ledger, and never thrown back to MassTransit.</summary>
internal sealed class SettlementConsumer(Settler settler, JobBus bus) : IConsumer<Settled>, IConsumer<HandedBack>, IConsumer<Pulse>
{
    public Task Consume(ConsumeContext<Settled> context) => settler.SettleAsync(context.Message);

    /// <summary>One coordinator reads it here; all of them need to know.</summary>
    public Task Consume(ConsumeContext<HandedBack> context) => bus.PublishAsync(context.Message, context.CancellationToken);

    public async Task Consume(ConsumeContext<Pulse> context)
    {
        await settler.PassAsync();
        var pulse = context.Message;
        await bus.PublishAsync(new PulseEcho { CoordinatorId = pulse.CoordinatorId, Number = pulse.Number, Untaken = pulse.Untaken }, context.CancellationToken);
    }
}
