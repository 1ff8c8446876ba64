using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
using System.Runtime.Serialization;
using System.Text.Json;
using MassTransit;
using MassTransit.Serialization;

namespace BusJobs.Bus.Json;

/// <summary>A message as it arrived: read when its consumer asks for it, straight from its bytes.</summary>
internal sealed class WireMessage(MessageBody body, ContentType contentType, MessageContext context, string[] types)
    : BaseSerializerContext(SystemTextJsonMessageSerializer.Instance, context, types)
{
    public override bool TryGetMessage<T>([NotNullWhen(true)] out T? message)
        where T : class
    {
        message = IsSupportedMessageType<T>() ? (T)Read(typeof(T)) : null;
        return message is not null;
    }

    public override bool TryGetMessage(Type messageType, [NotNullWhen(true)] out object? message)
    {
        message = Read(messageType);
        return true;
    }

    /// <summary>Asked for when a message that no consumer takes is moved elsewhere: it moves as it is.</summary>
    public override IMessageSerializer GetMessageSerializer() => new CopyBodySerializer(contentType, body);

    public override IMessageSerializer GetMessageSerializer<T>(MessageEnvelope envelope, T message) => throw NotForwarded();

    public override IMessageSerializer GetMessageSerializer(object message, string[] messageTypes) => throw NotForwarded();

    public override Dictionary<string, object> ToDictionary<T>(T? message)
        where T : class => throw NotForwarded();

    private object Read(Type type)
    {
        try
        {
            return JsonSerializer.Deserialize(body.GetBytes(), type, WireSerializer.Options)
                ?? throw new SerializationException($"A message of type {type.Name} is null.");
        }
        catch (JsonException exception)
        {
            throw new SerializationException($"A message is not the {type.Name} that its header says.", exception);
        }
    }

    private static NotSupportedException NotForwarded() => new("BusJobs' messages are addressed to one consumer and never rewritten on their way.");
}
