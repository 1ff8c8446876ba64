using BusJobs.IntegrationTests.Servers;
using RabbitMQ.Client;

namespace BusJobs.IntegrationTests.Faulty;

/// <summary>Does to one virtual host what an operator's hand may do by mistake. Counts are the broker's own, not the lagging statistics of its API.</summary>
internal sealed class Saboteur(RabbitFixture rabbit)
{
    private const string Limit = "full";

    /// <returns>How many messages were lost. Those that a consumer has got already are not.</returns>
    public Task<uint> PurgeAsync(string queue) => OnChannelAsync(channel => channel.QueuePurgeAsync(queue));

    /// <summary>Messages that no consumer has got yet.</summary>
    public Task<uint> CountAsync(string queue) => OnChannelAsync(channel => channel.MessageCountAsync(queue));

    public Task<uint> ConsumersAsync(string queue) => OnChannelAsync(channel => channel.ConsumerCountAsync(queue));

    public Task<uint> DeleteQueueAsync(string queue) => OnChannelAsync(channel => channel.QueueDeleteAsync(queue, ifUnused: false, ifEmpty: false));

    /// <summary>What is sent to the exchange of the same name reaches the queue no more.</summary>
    public Task<bool> UnbindAsync(string queue) => OnChannelAsync(async channel =>
    {
        await channel.QueueUnbindAsync(queue, exchange: queue, routingKey: "");
        return true;
    });

    /// <summary>The queue refuses messages while as many wait in it.</summary>
    public Task FillAsync(string queue, int messages) => RabbitServer.SetPolicyAsync(rabbit.Vhost, Limit, new Dictionary<string, object>
    {
        ["pattern"] = $"^{queue}$",
        ["apply-to"] = "queues",
        ["definition"] = new Dictionary<string, object> { ["max-length"] = messages, ["overflow"] = "reject-publish" },
    });

    public Task EmptyAsync() => RabbitServer.DeletePolicyAsync(rabbit.Vhost, Limit);

    private async Task<T> OnChannelAsync<T>(Func<IChannel, Task<T>> act)
    {
        var factory = new ConnectionFactory { Uri = rabbit.Address };
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        return await act(channel);
    }
}
