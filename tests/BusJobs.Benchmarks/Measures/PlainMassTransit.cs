using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BusJobs.Benchmarks.Measures;

/// <summary>What plain MassTransit reached, in messages per second.</summary>
/// <param name="PublishAlone">Confirmed by the broker, with nobody consuming.</param>
/// <param name="ConsumeAlone">Consumed, published beforehand.</param>
/// <param name="EndToEnd">From the first publish to the last consumed, both at once.</param>
/// <param name="Cost">Of this process, for <paramref name="Messages"/> end to end.</param>
internal sealed record Plain(double PublishAlone, double ConsumeAlone, double EndToEnd, Cost Cost, int Messages);

internal sealed record PlainMessage(int Number);

internal sealed class PlainConsumer(Probe probe) : IConsumer<PlainMessage>
{
    public Task Consume(ConsumeContext<PlainMessage> context)
    {
        probe.Note(context.Message.Number);
        return Task.CompletedTask;
    }
}

/// <summary>
/// One MassTransit message per job on a durable quorum queue, confirms on, no ledger: a producer host and a consumer host, as two
/// services would have. Tuned in its favour: sent straight to the queue's exchange, many confirms in flight, a large prefetch.
/// </summary>
internal static class PlainMassTransit
{
    private const int InFlight = 256;
    private const ushort Prefetch = 512;
    private static readonly TimeProvider Clock = TimeProvider.System;

    public static async Task<Plain> RunAsync(ServerAddresses servers, int messages, CancellationToken cancellationToken)
    {
        await using var names = await OwnNames.CreateAsync(servers.RabbitMq, cancellationToken);
        using var producer = await StartProducerAsync(servers, cancellationToken);
        // Code that has been compiled in full, as for the drain, and the queue as a side effect.
        await EndToEndAsync(servers, names, producer, Math.Min(messages, 5_000), cancellationToken);

        var begun = Clock.GetTimestamp();
        await SendAsync(producer, names, messages, cancellationToken);
        var publishAlone = messages / Clock.GetElapsedTime(begun).TotalSeconds;

        var waiting = new Probe(messages);
        using (var consumer = await StartConsumerAsync(servers, names, waiting, cancellationToken))
        {
            await waiting.AllAsync(cancellationToken);
            await consumer.StopAsync(cancellationToken);
        }

        var before = Cost.SoFar;
        var endToEnd = await EndToEndAsync(servers, names, producer, messages, cancellationToken);
        var cost = Cost.SoFar.Since(before);
        await producer.StopAsync(cancellationToken);
        return new Plain(publishAlone, waiting.Rate, endToEnd, cost, messages);
    }

    private static async Task<double> EndToEndAsync(ServerAddresses servers, OwnNames names, IHost producer, int messages, CancellationToken cancellationToken)
    {
        var probe = new Probe(messages);
        using var consumer = await StartConsumerAsync(servers, names, probe, cancellationToken);
        var begun = Clock.GetTimestamp();
        await SendAsync(producer, names, messages, cancellationToken);
        await probe.AllAsync(cancellationToken);
        var rate = messages / Clock.GetElapsedTime(begun, probe.LastAt).TotalSeconds;
        await consumer.StopAsync(cancellationToken);
        return rate;
    }

    private static async Task SendAsync(IHost producer, OwnNames names, int messages, CancellationToken cancellationToken)
    {
        var endpoint = await EndpointAsync(producer, names);
        var senders = new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, messages, senders, async (number, token) => await endpoint.Send(new PlainMessage(number), token));
    }

    /// <summary>Where a producer sends.</summary>
    public static async Task<ISendEndpoint> EndpointAsync(IHost producer, OwnNames names) =>
        await producer.Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri("exchange:" + names.Plain));

    public static Task<IHost> StartProducerAsync(ServerAddresses servers, CancellationToken cancellationToken) => StartAsync(servers, _ => { }, cancellationToken);

    public static Task<IHost> StartConsumerAsync(ServerAddresses servers, OwnNames names, Probe probe, CancellationToken cancellationToken) =>
        StartAsync(servers, rabbitMq => rabbitMq.ReceiveEndpoint(names.Plain, endpoint =>
        {
            endpoint.SetQuorumQueue();
            endpoint.PrefetchCount = Prefetch;
            endpoint.ConcurrentMessageLimit = Prefetch;
            endpoint.ConfigureConsumeTopology = false;
            endpoint.Consumer(() => new PlainConsumer(probe));
        }), cancellationToken);

    private static async Task<IHost> StartAsync(
        ServerAddresses servers, Action<IRabbitMqBusFactoryConfigurator> configure, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.Configure<MassTransitHostOptions>(options => options.WaitUntilStarted = true);
        builder.Services.AddMassTransit(bus => bus.UsingRabbitMq((_, rabbitMq) =>
        {
            rabbitMq.Host(servers.RabbitMq, host => host.PublisherConfirmation = true);
            configure(rabbitMq);
        }));
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }
}
