using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
using MassTransit;
using MassTransit.Configuration;
using MassTransit.Serialization;

namespace BusJobs.Bus;

/// <summary>A message as it came, unopened: of any type, in any format, sound or not.</summary>
/// <param name="Body">Its bytes, which are good while it is being consumed.</param>
/// <param name="Headers">Those of the transport. An envelope in the body has headers of its own.</param>
public sealed record Letter(ReadOnlyMemory<byte> Body, Headers Headers);

/// <summary>
/// Hands every message of an endpoint over as a <see cref="Letter"/>. MassTransit's own deserializers would move what they cannot read to
/// an error queue, with a stack trace in its headers, and would need the publisher's type to read the rest.
/// </summary>
internal sealed class LetterFormat : ISerializerFactory, IMessageDeserializer
{
    public ContentType ContentType { get; } = new("application/vnd.busjobs.letter");

    public static void Use(IReceiveEndpointConfigurator endpoint)
    {
        endpoint.ClearSerialization();
        endpoint.AddSerializer(new SystemTextJsonMessageSerializerFactory());
        endpoint.AddDeserializer(new LetterFormat(), isDefault: true);
    }

    public IMessageSerializer CreateSerializer() => SystemTextJsonMessageSerializer.Instance;

    public IMessageDeserializer CreateDeserializer() => this;

    public ConsumeContext Deserialize(ReceiveContext receiveContext) => new BodyConsumeContext(
        receiveContext, Deserialize(receiveContext.Body, receiveContext.TransportHeaders, receiveContext.InputAddress));

    public SerializerContext Deserialize(MessageBody body, Headers headers, Uri? destinationAddress = null) =>
        new Unopened(new Letter(body.GetBytes(), headers), new RawMessageContext(headers, destinationAddress!, RawSerializerOptions.AnyMessageType), ContentType);

    public MessageBody GetMessageBody(string text) => new StringMessageBody(text);

    public void Probe(ProbeContext context) => context.CreateScope("letter");

    private sealed class Unopened(Letter letter, MessageContext context, ContentType contentType) : SystemTextJsonRawSerializerContext(
        SystemTextJsonMessageSerializer.Instance, SystemTextJsonMessageSerializer.Options, contentType, context, [], RawSerializerOptions.AnyMessageType, message: default)
    {
        public override bool TryGetMessage<T>([NotNullWhen(true)] out T? message)
            where T : class => (message = letter as T) is not null;

        public override bool TryGetMessage(Type messageType, [NotNullWhen(true)] out object? message) =>
            (message = messageType == typeof(Letter) ? letter : null) is not null;
    }
}
