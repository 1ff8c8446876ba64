using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using Xunit.Abstractions;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>A real server is killed while many callers enqueue over HTTP: what was answered 202 is in the ledger.</summary>
public sealed class ApiDeathTests(PostgresFixture postgres, ITestOutputHelper output) : IClassFixture<PostgresFixture>
{
    private const int Callers = 32;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_answered_202_outlives_a_kill(bool embedded)
    {
        var folder = Directory.CreateTempSubdirectory("busjobs-api-");
        var database = embedded ? null : postgres.ConnectionString;
        await using var ledger = LedgerRegistration.Open(new LedgerOptions { Database = database, DataFolder = folder.FullName }, TimeProvider.System);
        await ledger.MigrateAsync(CancellationToken.None);
        var accepted = new ConcurrentBag<Guid>();
        await using (var server = FaultProcess.Start(
            "BusJobs.Server.dll", ["--role", "api", "--data", folder.FullName, "--urls", "http://127.0.0.1:0"],
            new Dictionary<string, string?> { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["BUSJOBS_DATABASE"] = database ?? "", ["BUSJOBS_RABBITMQ"] = "" }))
        {
            await Eventually.HoldsAsync(() => server.Says("  http    "), TimeSpan.FromSeconds(60));
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(server.Line("  http    ").Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) };
            var calls = Enumerable.Range(0, Callers).Select(_ => CallUntilItDiesAsync(http, accepted)).ToList();
            await Eventually.HoldsAsync(() => accepted.Count >= 500, TimeSpan.FromSeconds(60));
            await server.KillAsync();
            await Task.WhenAll(calls);
        }

        var ready = (await ledger.CountsAsync(CancellationToken.None)).Ready;
        output.WriteLine($"{accepted.Count} answered 202, {ready} in the ledger");
        // A commit whose answer did not get out is more than was promised, and never less.
        Assert.InRange(ready, accepted.Count, accepted.Count + Callers);
        foreach (var id in accepted)
        {
            Assert.NotNull(await ledger.FindAsync(id, CancellationToken.None));
        }

        await ledger.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private static async Task CallUntilItDiesAsync(HttpClient http, ConcurrentBag<Guid> accepted)
    {
        try
        {
            while (true)
            {
                using var body = new StringContent("""{"kind": "test.job", "payload": {}}""", Encoding.UTF8, "application/json");
                using var response = await http.PostAsync("/api/jobs", body);
                if (response.StatusCode == HttpStatusCode.Accepted)
                {
                    accepted.Add(JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("id").GetGuid());
                }
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // The server is dead, as it should be.
        }
    }
}
