using System.Text;
using Acme.Imaging;
using BusJobs.Coordinator;
using BusJobs.IntegrationTests.Faulty;
using BusJobs.IntegrationTests.Life;
using BusJobs.IntegrationTests.Servers;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace BusJobs.IntegrationTests.Receiving;

/// <summary>The intake on RabbitMQ, with a publisher that knows MassTransit only, and some that know not even that.</summary>
public sealed class ServerIntake(PostgresFixture postgres, RabbitFixture rabbit)
    : IntakeContract, IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>, IAsyncLifetime
{
    private readonly string prefix = $"t{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";
    private Publisher? publisher;

    private string Intake => $"{prefix}:intake";

    public Task InitializeAsync() => postgres.EmptyAsync();

    public async Task DisposeAsync()
    {
        await (publisher?.DisposeAsync() ?? ValueTask.CompletedTask);
        var queues = await RabbitServer.QueuesAsync(rabbit.Vhost);
        Assert.DoesNotContain(queues, queue => queue.EndsWith("_error", StringComparison.Ordinal) || queue.EndsWith("_skipped", StringComparison.Ordinal));
        // The exchange is the publisher's, so the queues of other tests would get its messages too.
        foreach (var queue in queues.Where(queue => queue.Contains("intake", StringComparison.Ordinal)))
        {
            await new Saboteur(rabbit).DeleteQueueAsync(queue);
        }
    }

    protected override Stage NewStage() => new(postgres.ConnectionString, rabbit.Address, DataFolder: "", prefix);

    protected override async Task<IPublishEndpoint> PublisherAsync(JobStory story)
    {
        await Eventually.HoldsAsync(() => story.Hosts[0].Services.GetRequiredService<CoordinatorHealth>().NotReady().Count == 0);
        return (publisher ??= await Publisher.StartAsync(rabbit.Address)).Endpoint;
    }

    [Fact]
    public async Task Garbage_goes_to_the_dead_queue_with_a_reason_and_the_rest_goes_on()
    {
        await using var story = await StartAsync();
        var endpoint = await PublisherAsync(story);
        string[] garbage = ["", "{", "null", "\0\u0001", "{\"messageType\":[],\"message\":{}}", $"{{\"messageType\":[\"{Urn}\"],\"message\":{{}}}}"];
        foreach (var body in garbage)
        {
            await SendRawAsync(body);
        }

        await endpoint.Publish(new RotateImage("nobody accepts it"));
        var id = NewId();
        await endpoint.Publish(new ResizeImage("pass", 1), context => context.MessageId = id);
        await story.ReachesAsync(id, LedgerState.Succeeded);
        var dead = await DeadAsync(garbage.Length);
        Assert.Contains(dead, letter => letter.Contains("\"reason\":\"messageId (missing) is refused", StringComparison.Ordinal));
        Assert.Contains(dead, letter => letter.Contains("cannot be read", StringComparison.Ordinal));
        Assert.DoesNotContain(dead, letter => letter.Contains("   at ", StringComparison.Ordinal));
        await Eventually.HoldsAsync(async () => await new Saboteur(rabbit).CountAsync(Intake) == 0);
    }

    [Fact]
    public async Task A_service_of_another_name_and_format_is_accepted_by_its_words()
    {
        await using var story = await StartAsync(options => options.Accept("urn:message:Other.Words:Resize", "test.scene", exchange: "other-words"));
        await PublisherAsync(story);
        var id = NewId();
        await SendRawAsync(
            """{"act":"pass","number":3}""", exchange: "other-words", headers: new() { ["MessageId"] = id.ToString(), ["MT-MessageType"] = "urn:message:Other.Words:Resize" });
        var job = await story.ReachesAsync(id, LedgerState.Succeeded);
        Assert.Equal("""{"act":"pass","number":3}""", job.Payload);
    }

    [Fact]
    public async Task While_the_ledger_is_away_commands_wait_unacknowledged_and_then_they_run_once()
    {
        await using var story = await StartAsync(options => options.IntakePrefetch = 10);
        var endpoint = await PublisherAsync(story);
        await postgres.DataSource.CreateCommand("alter table busjobs.job rename to job_away").ExecuteNonQueryAsync();
        for (var i = 0; i < 50; i++)
        {
            await endpoint.Publish(new ResizeImage("pass", i));
        }

        await Eventually.HoldsAsync(() => story.Log.Warnings.Any(line => line.Message.StartsWith("The intake failed", StringComparison.Ordinal)));
        // Ten are in the coordinator's hands; the others have not left the queue.
        await Eventually.HoldsAsync(async () => await new Saboteur(rabbit).CountAsync(Intake) == 40);
        await postgres.DataSource.CreateCommand("alter table busjobs.job_away rename to job").ExecuteNonQueryAsync();
        await Eventually.HoldsAsync(() => story.Script.Played.Count == 50, TimeSpan.FromSeconds(60));
        await story.AllEndAsync();
        Assert.Equal(50, story.Script.Played.Select(act => act.Job).Distinct().Count());
        Assert.Equal(0u, await new Saboteur(rabbit).CountAsync(Intake + ".dead"));
    }

    [Fact]
    public async Task A_coordinator_that_stops_while_the_ledger_is_away_gives_its_commands_back()
    {
        var story = await StartAsync();
        var endpoint = await PublisherAsync(story);
        await postgres.DataSource.CreateCommand("alter table busjobs.job rename to job_away").ExecuteNonQueryAsync();
        for (var i = 0; i < 20; i++)
        {
            await endpoint.Publish(new ResizeImage("pass", i));
        }

        await Eventually.HoldsAsync(() => story.Log.Warnings.Any(line => line.Message.StartsWith("The intake failed", StringComparison.Ordinal)));
        await story.DisposeAsync();
        await Eventually.HoldsAsync(async () => await new Saboteur(rabbit).CountAsync(Intake) == 20);
        await postgres.DataSource.CreateCommand("alter table busjobs.job_away rename to job").ExecuteNonQueryAsync();
        await using var next = await StartAsync();
        await Eventually.HoldsAsync(() => next.Script.Played.Count == 20, TimeSpan.FromSeconds(60));
        await next.AllEndAsync();
        Assert.Equal(20, next.Script.Played.Select(act => act.Job).Distinct().Count());
    }

    private async Task SendRawAsync(string body, string? exchange = null, Dictionary<string, object?>? headers = null)
    {
        await using var connection = await new ConnectionFactory { Uri = rabbit.Address }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync(exchange ?? Intake, "", mandatory: false, new BasicProperties { Headers = headers }, Encoding.UTF8.GetBytes(body));
    }

    private async Task<List<string>> DeadAsync(int expected)
    {
        var dead = new List<string>();
        await using var connection = await new ConnectionFactory { Uri = rabbit.Address }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await Eventually.HoldsAsync(async () =>
        {
            while (await channel.BasicGetAsync(Intake + ".dead", autoAck: true) is { } message)
            {
                dead.Add(Encoding.UTF8.GetString(message.Body.Span));
            }

            return dead.Count >= expected;
        });
        return dead;
    }
}
