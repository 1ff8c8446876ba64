using System.Net;
using System.Net.Http.Headers;
using System.Text;
using BusJobs.IntegrationTests.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace BusJobs.IntegrationTests.Topology;

/// <summary>What the users of <c>deploy/rabbitmq</c> may not do. That they may do enough, the tests of the topology show, which run with them.</summary>
public sealed class BrokerRoleTests(RabbitFixture rabbit) : IClassFixture<RabbitFixture>
{
    private const int AccessRefused = 403;

    private readonly string prefix = $"t{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    [Fact]
    public async Task A_user_reaches_what_its_role_needs_and_nothing_else()
    {
        var logins = new Logins(rabbit.Vhost, prefix);
        await logins.MakeBrokerAsync();
        await MakeAsync($"{prefix}.search", $"{prefix}.search.dead", $"{prefix}:settlements", $"{prefix}:intake", "of-somebody-else");
        (string User, string What, Func<IChannel, Task> Do, bool May)[] rights =
        [
            ("worker", "read work", Get($"{prefix}.search"), true),
            ("worker", "read settlements", Get($"{prefix}:settlements"), false),
            ("worker", "read the intake", Get($"{prefix}:intake"), false),
            ("worker", "settle", Publish($"{prefix}:settlements"), true),
            ("worker", "publish elsewhere", Publish("of-somebody-else"), false),
            ("worker", "publish past all exchanges", Publish(""), false),
            ("worker", "declare elsewhere", Declare("my-own"), false),
            ("worker", "read elsewhere", Get("of-somebody-else"), false),
            ("producer", "hand over", Publish($"{prefix}:intake"), true),
            ("producer", "read the intake", Get($"{prefix}:intake"), false),
            ("producer", "read work", Get($"{prefix}.search"), false),
            ("producer", "read dead letters", Get($"{prefix}.search.dead"), false),
            ("producer", "make work", Publish($"{prefix}.search"), false),
            ("producer", "settle", Publish($"{prefix}:settlements"), false),
            ("producer", "declare a work queue", Declare($"{prefix}.mine"), false),
            ("coordinator", "read settlements", Get($"{prefix}:settlements"), true),
            ("coordinator", "make work", Publish($"{prefix}.search"), true),
            ("coordinator", "read elsewhere", Get("of-somebody-else"), false),
            ("coordinator", "declare elsewhere", Declare("my-own"), false),
            ("coordinator", "delete elsewhere", channel => channel.QueueDeleteAsync("of-somebody-else", ifUnused: false, ifEmpty: false), false),
        ];
        try
        {
            foreach (var (user, what, act, may) in rights)
            {
                Assert.True(may == await MayAsync(logins.Broker(user), act), $"{user}: {what}");
            }

            foreach (var user in (string[])["worker", "producer", "coordinator"])
            {
                Assert.False(await SignsInAsync(logins.Broker(user)), $"{user} gets into the management UI.");
            }
        }
        finally
        {
            await logins.DropAsync();
        }
    }

    private static Func<IChannel, Task> Get(string queue) => channel => channel.BasicGetAsync(queue, autoAck: false);

    private static Func<IChannel, Task> Declare(string queue) => channel => channel.QueueDeclareAsync(queue);

    private static Func<IChannel, Task> Publish(string exchange) => async channel => await channel.BasicPublishAsync(exchange, routingKey: "x", body: new byte[1]);

    private async Task MakeAsync(params string[] names)
    {
        await using var connection = await new ConnectionFactory { Uri = rabbit.Address }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var name in names)
        {
            await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false);
            await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout);
        }
    }

    private static async Task<bool> MayAsync(Uri login, Func<IChannel, Task> act)
    {
        await using var connection = await new ConnectionFactory { Uri = login }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        try
        {
            await act(channel);
            return true;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == AccessRefused)
        {
            return false;
        }
    }

    private static async Task<bool> SignsInAsync(Uri login)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{ServerAddresses.RabbitMqApi.Authority}/api/overview"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(login.UserInfo))));
        using var answer = await http.SendAsync(request);
        return answer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden);
    }
}
