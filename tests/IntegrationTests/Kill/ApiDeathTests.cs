using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using Npgsql;
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
        await using (var server = Start(folder, database))
        {
            using var http = await ClientAsync(server);
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

    [Fact]
    public async Task More_callers_than_there_is_room_for_are_all_answered_by_a_server_with_a_heap_of_256_MiB()
    {
        var folder = Directory.CreateTempSubdirectory("busjobs-api-");
        await using (var server = Start(folder, postgres.ConnectionString, ("DOTNET_GCHeapHardLimit", "0x10000000")))
        {
            using var http = await ClientAsync(server);
            await using var ledger = LedgerRegistration.Open(new LedgerOptions { Database = postgres.ConnectionString }, TimeProvider.System);
            var before = (await ledger.CountsAsync(CancellationToken.None)).Ready;
            var answers = new ConcurrentDictionary<HttpStatusCode, int>();
            await using var writer = new NpgsqlConnection(postgres.ConnectionString);
            await writer.OpenAsync();
            await using var busy = await writer.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand("lock table busjobs.job in share mode", writer))
            {
                await hold.ExecuteNonQueryAsync();
            }

            // 32 MiB of bodies is what the server holds at once; these are 50 MiB at any time, and half a GiB in all.
            var calls = Parallel.ForAsync(0, 8_000, new ParallelOptions { MaxDegreeOfParallelism = 800 }, async (_, token) =>
            {
                using var body = new StringContent($$"""{"kind": "test.job", "payload": "{{new string('x', 65_000)}}"}""", Encoding.UTF8, "application/json");
                using var response = await http.PostAsync("/api/jobs", body, token);
                answers.AddOrUpdate(response.StatusCode, 1, (_, count) => count + 1);
            });
            // However slow the callers are, nothing is taken until the room is full.
            await Eventually.HoldsAsync(() => answers.ContainsKey(HttpStatusCode.TooManyRequests), TimeSpan.FromSeconds(60));
            await busy.RollbackAsync();
            await calls;
            output.WriteLine(string.Join(", ", answers));
            Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.TooManyRequests], answers.Keys.Order());
            Assert.Equal(answers[HttpStatusCode.Accepted], (await ledger.CountsAsync(CancellationToken.None)).Ready - before);
        }

        folder.Delete(recursive: true);
    }

    private static FaultProcess Start(DirectoryInfo folder, string? database, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string?> { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["BUSJOBS_DATABASE"] = database ?? "", ["BUSJOBS_RABBITMQ"] = "" };
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        return FaultProcess.Start("BusJobs.Server.dll", ["--role", "api", "--data", folder.FullName, "--urls", "http://127.0.0.1:0"], environment);
    }

    private static async Task<HttpClient> ClientAsync(FaultProcess server) =>
        new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = await server.AddressAsync() };

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
