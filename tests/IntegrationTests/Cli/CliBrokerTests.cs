using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>What the doctor sees of RabbitMQ.</summary>
public sealed class CliBrokerTests(CliFixture fixture, RabbitFixture rabbit) : IClassFixture<CliFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task A_doctor_finds_queues_that_lose_grow_or_are_read_by_nobody_and_names_the_fix()
    {
        await RabbitServer.ImportAsync(new
        {
            queues = new[]
            {
                Queue("busjobs.search", ("x-queue-type", "quorum")), Queue("busjobs.search.dead", ("x-queue-type", "quorum"), ("x-max-length", 1_000)),
                Queue("busjobs.mail"), Queue("busjobs.mail.dead", ("x-queue-type", "quorum")), Queue("another.program"),
            },
        });
        await RabbitServer.PublishAsync(rabbit.Vhost, "busjobs.search", "{}");

        CliEnd? end = null;
        await Eventually.HoldsAsync(async () => (end = await DoctorAsync(ServerAddresses.RabbitMqApi.ToString())).Output.Contains("1 message waits", StringComparison.Ordinal));
        Assert.Equal(1, end!.Code);
        Assert.Matches(@"ok +broker +RabbitMQ \d", end.Output);
        Assert.Matches("!! +queue busjobs\\.search +1 message waits, and nobody reads it +start a worker of the queue", end.Output);
        Assert.Matches("!! +queue busjobs\\.mail +is a classic queue, and may lose messages", end.Output);
        Assert.Matches("!! +queue busjobs\\.mail\\.dead +has no bound", end.Output);
        Assert.DoesNotContain("another.program", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("search.dead", end.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://nobody:wrong@", "!! +broker +refused the user of BUSJOBS_RABBITMQ_API")]
    [InlineData("http://127.0.0.1:1/", "!! +broker +cannot be asked")]
    public async Task A_broker_that_cannot_be_asked_is_told_with_the_fix_and_no_password(string address, string expected)
    {
        var end = await DoctorAsync(address.EndsWith('@') ? address + ServerAddresses.RabbitMqApi.Authority : address);
        Assert.Equal(1, end.Code);
        Assert.Matches(expected, end.Output);
        Assert.DoesNotContain("wrong", end.Output + end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused_in_a_sentence()
    {
        var end = await DoctorAsync("rabbit:secret@host");
        Assert.Equal(2, end.Code);
        Assert.StartsWith("busjobs: BUSJOBS_RABBITMQ_API '(not shown)' is refused: expected http://", end.Error, StringComparison.Ordinal);
    }

    private object Queue(string name, params (string Name, object Value)[] arguments) => new
    {
        name, vhost = rabbit.Vhost, durable = true, auto_delete = false, arguments = arguments.ToDictionary(one => one.Name, one => one.Value),
    };

    private Task<CliEnd> DoctorAsync(string api)
    {
        var environment = fixture.With("BUSJOBS_RABBITMQ_API", api).ToDictionary();
        environment["BUSJOBS_RABBITMQ"] = rabbit.Address.ToString();
        return CliProcess.RunAsync(environment, "doctor", "--data", fixture.Folder);
    }
}
