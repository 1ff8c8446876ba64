using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;
using MassTransit;
using Microsoft.Extensions.Hosting;

namespace BusJobs.Benchmarks.Measures;

/// <summary>A producer and a consumer of plain MassTransit that stay up, one message at a time.</summary>
internal sealed class PlainPair(OwnNames names, IHost producer, IHost consumer, ISendEndpoint endpoint) : IAsyncDisposable
{
    public static async Task<PlainPair> StartAsync(ServerAddresses servers, Probe probe, CancellationToken cancellationToken)
    {
        var names = await OwnNames.CreateAsync(servers.RabbitMq, cancellationToken);
        var consumer = await PlainMassTransit.StartConsumerAsync(servers, names, probe, cancellationToken);
        var producer = await PlainMassTransit.StartProducerAsync(servers, cancellationToken);
        return new PlainPair(names, producer, consumer, await PlainMassTransit.EndpointAsync(producer, names));
    }

    public Task SendAsync(int number, CancellationToken cancellationToken) => endpoint.Send(new PlainMessage(number), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var host in (IHost[])[producer, consumer])
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
        }

        await names.DisposeAsync();
    }
}
