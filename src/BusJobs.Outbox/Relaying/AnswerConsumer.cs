using BusJobs.Wire;
using MassTransit;

namespace BusJobs.Outbox.Relaying;

/// <summary>Hears what coordinators answer to all relays.</summary>
internal sealed class AnswerConsumer(Guid relayId, Flight flight) : IConsumer<HandoverAnswer>
{
    public Task Consume(ConsumeContext<HandoverAnswer> context)
    {
        if (context.Message.RelayId == relayId)
        {
            flight.Hear(context.Message);
        }

        return Task.CompletedTask;
    }
}
