using System.Net.Mime;
using System.Text.Json;
using MassTransit;
using MassTransit.Serialization;

namespace BusJobs.Bus.Json;

/// <summary>
/// BusJobs' own messages as plain JSON, with their type in a header: written once, read once, and shown by the broker's management
/// UI as they are. In MassTransit's envelope a message is parsed with the envelope and again by itself, which was a quarter of what
/// a drain cost. Messages in that envelope are still read, as other services send them.
/// </summary>
internal sealed class WireSerializer : ISerializerFactory, IMessageSerializer, IMessageDeserializer
{
    internal static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public ContentType ContentType { get; } = new("application/vnd.busjobs+json");

    public IMessageSerializer CreateSerializer() => this;

    public IMessageDeserializer CreateDeserializer() => this;

    public MessageBody GetMessageBody<T>(SendContext<T> context)
        where T : class
    {
        context.Headers.Set(MessageHeaders.MessageType, MessageUrn.ForTypeString<T>());
        return new BytesMessageBody(JsonSerializer.SerializeToUtf8Bytes(context.Message, Options));
    }

    public ConsumeContext Deserialize(ReceiveContext receiveContext) =>
        new BodyConsumeContext(receiveContext, Deserialize(receiveContext.Body, receiveContext.TransportHeaders, receiveContext.InputAddress));

    public SerializerContext Deserialize(MessageBody body, Headers headers, Uri? destinationAddress = null) => new WireMessage(
        body, ContentType, new RawMessageContext(headers, destinationAddress, RawSerializerOptions.Default), headers.GetMessageTypes());

    public MessageBody GetMessageBody(string text) => new StringMessageBody(text);

    public void Probe(ProbeContext context) => context.CreateScope("json").Add("contentType", ContentType.MediaType);
}
