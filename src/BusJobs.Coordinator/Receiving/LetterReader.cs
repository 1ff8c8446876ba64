using System.Text;
using System.Text.Json;
using BusJobs.Bus;
using BusJobs.Wire;
using MassTransit;
using MassTransit.Serialization;
using Microsoft.Extensions.Options;

namespace BusJobs.Coordinator.Receiving;

/// <summary>Opens letters. Whatever they hold, it answers, and throws nothing.</summary>
internal sealed class LetterReader(IOptions<CoordinatorOptions> options, TimeProvider clock)
{
    private static readonly string HandoverUrn = MessageUrn.ForTypeString<Handover>();
    private static readonly string BumpUrn = MessageUrn.ForTypeString<BumpGeneration>();

    private readonly Dictionary<string, AcceptedCommand> accepted =
        options.Value.Accepted.ToDictionary(command => command.Urn, StringComparer.OrdinalIgnoreCase);

    public Reading Read(Letter letter)
    {
        try
        {
            return Read(Envelope.Open(letter));
        }
        catch (JobRefusedException refusal)
        {
            return new Reading.Unfit(refusal.Message);
        }
        catch (Exception exception) when (exception is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            return new Reading.Unfit($"The message cannot be read: expected JSON as MassTransit writes it ({exception.Message})");
        }
    }

    private Reading Read(Envelope envelope)
    {
        if (envelope.Types.Contains(HandoverUrn))
        {
            return new Reading.Handed(Cut<Handover>(envelope));
        }

        if (envelope.Types.Contains(BumpUrn))
        {
            return new Reading.Bump(Names.Check("kind", Cut<BumpGeneration>(envelope).Kind));
        }

        if (envelope.Types.Select(accepted.GetValueOrDefault).FirstOrDefault(known => known is not null) is not { } command)
        {
            throw new JobRefusedException("message type", envelope.Types.Count > 0 ? envelope.Types[0] : null, "a type that the coordinator accepts");
        }

        if (envelope.MessageId is not { } id || id == Guid.Empty)
        {
            // An id made from the content would take two equal commands for one.
            throw new JobRefusedException("messageId", envelope.MessageId?.ToString(), "the message's id, which becomes the job's id");
        }

        return new Reading.Command(NewJob.From(command.Kind, command.Queue, envelope.Message!, HeaderOptions.Read(id, envelope.Headers), clock));
    }

    /// <exception cref="JsonException">The message is not what its type says.</exception>
    private static T Cut<T>(Envelope envelope)
        where T : class =>
        JsonSerializer.Deserialize<T>(envelope.Message ?? "null", SystemTextJsonMessageSerializer.Options) ?? throw new JsonException("The message is null.");
}
