using BusJobs.Bus;
using BusJobs.IntegrationTests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.IntegrationTests.Faulty;

/// <summary>The look that tells a broker that is away from a connection that was lost for good.</summary>
public sealed class BrokerLookTests(RabbitFixture rabbit) : IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task It_gets_a_connection_where_the_bus_would_get_one_and_none_elsewhere()
    {
        Assert.True(await OpensAsync(rabbit.Address));
        Assert.False(await OpensAsync(new UriBuilder(rabbit.Address) { Password = "wrong" }.Uri));
        Assert.False(await OpensAsync(new UriBuilder(rabbit.Address) { Path = "/nobody-made-this" }.Uri));
        Assert.False(await OpensAsync(new UriBuilder(rabbit.Address) { Port = 1 }.Uri));
    }

    private static async Task<bool> OpensAsync(Uri address)
    {
        await using var bus = new JobBus(Options.Create(new BusOptions { RabbitMq = address }), NullLoggerFactory.Instance, TimeProvider.System);
        return await bus.OpensAsync(CancellationToken.None);
    }
}
