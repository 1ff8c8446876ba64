using BusJobs.IntegrationTests.Kill;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Tls;

/// <summary>A worker and a broker with the settings of <c>deploy/rabbitmq/tls.conf</c>.</summary>
public sealed class TlsTests(TlsBroker broker) : IClassFixture<TlsBroker>
{
    private const string Refused = "is refused: it is ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("amqps")]
    [InlineData("rabbitmqs")]
    public async Task A_broker_with_a_certificate_of_a_root_that_is_not_trusted_is_refused_in_one_sentence(string scheme)
    {
        await using var worker = Start($"{scheme}://busjobs:busjobs@localhost:{broker.Port}/", root: null);
        Assert.EndsWith(
            $"The certificate of RabbitMQ at localhost:{broker.Port} is refused: it is not of a root that this system trusts", await worker.LineAsync(Refused), StringComparison.Ordinal);
        Assert.False(worker.Says("RabbitMQ is there"));
        Assert.False(worker.Says("   at "));
    }

    [Fact]
    public async Task A_broker_whose_certificate_is_for_another_name_is_refused()
    {
        await using var worker = Start($"amqps://busjobs:busjobs@127.0.0.1:{broker.Port}/", broker.Root);
        Assert.EndsWith("is refused: it is for another name than the one in the address", await worker.LineAsync(Refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_whose_root_is_trusted_is_taken()
    {
        await using var worker = Start($"amqps://busjobs:busjobs@localhost:{broker.Port}/", broker.Root);
        using var http = new HttpClient { BaseAddress = await worker.AddressAsync() };
        await Eventually.HoldsAsync(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode, Patience, $"{worker}");
        Assert.False(worker.Says(Refused));
    }

    /// <param name="root">A certificate that the process trusts besides those of the system.</param>
    private FaultProcess Start(string address, string? root) => FaultProcess.Start(
        "BusJobs.Server.dll",
        ["--role", "worker", "--data", broker.Data, "--urls", "http://127.0.0.1:0"],
        new Dictionary<string, string?> { ["BUSJOBS_RABBITMQ"] = address, ["BUSJOBS_DATABASE"] = "", ["SSL_CERT_FILE"] = root });
}
