using MassTransit;

namespace Acme.Imaging
{
    /// <summary>A command of another team, which has never heard of BusJobs.</summary>
    public sealed record ResizeImage(string Act, int Number);

    /// <summary>Published, and accepted by nobody.</summary>
    public sealed record RotateImage(string Act);
}

namespace BusJobs.IntegrationTests.Receiving
{
    /// <summary>A plain MassTransit service: its own bus, and no package of BusJobs.</summary>
    internal sealed class Publisher : IAsyncDisposable
    {
        private readonly IBusControl bus;

        private Publisher(IBusControl bus) => this.bus = bus;

        public static async Task<Publisher> StartAsync(Uri rabbitMq)
        {
            var started = MassTransit.Bus.Factory.CreateUsingRabbitMq(configure => configure.Host(rabbitMq));
            await started.StartAsync();
            return new Publisher(started);
        }

        public IPublishEndpoint Endpoint => bus;

        public async ValueTask DisposeAsync() => await bus.StopAsync();
    }
}
