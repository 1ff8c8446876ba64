namespace BusJobs.IntegrationTests.Servers;

/// <summary>A virtual host of its own for one test class, so that queue names cannot collide: <c>IClassFixture&lt;RabbitFixture&gt;</c>.</summary>
public sealed class RabbitFixture : IAsyncLifetime
{
    public string Vhost { get; } = $"test-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    /// <summary>The amqp address of the virtual host, with user and password.</summary>
    public Uri Address => RabbitServer.AddressOf(Vhost);

    public Task InitializeAsync() => RabbitServer.CreateVhostAsync(Vhost);

    public Task PurgeQueueAsync(string queue) => RabbitServer.PurgeQueueAsync(Vhost, queue);

    /// <summary>Every queue, exchange and message is gone at once, and connections are cut.</summary>
    public Task DeleteVhostAsync() => RabbitServer.DeleteVhostAsync(Vhost);

    public Task CreateVhostAsync() => RabbitServer.CreateVhostAsync(Vhost);

    public async Task DisposeAsync()
    {
        // A test may have deleted it already; creating is idempotent, deleting is not.
        await RabbitServer.CreateVhostAsync(Vhost);
        await RabbitServer.DeleteVhostAsync(Vhost);
    }
}
