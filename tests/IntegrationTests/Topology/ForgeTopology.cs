using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using BusJobs.IntegrationTests.Cli;
using BusJobs.IntegrationTests.Forge;
using BusJobs.IntegrationTests.Kill;
using BusJobs.IntegrationTests.Servers;
using Npgsql;

namespace BusJobs.IntegrationTests.Topology;

/// <summary>The forge as it runs in production: built binaries, each service a process, on PostgreSQL and RabbitMQ.</summary>
internal sealed class ForgeTopology : IAsyncDisposable
{
    private const string Token = "a token for tests";

    private readonly List<FaultProcess> processes = [];
    private readonly List<(string Role, FaultProcess Process)> services = [];
    private readonly string database = $"test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";
    private readonly Dictionary<string, string?> environment;
    private readonly PostgresFixture ledger;
    private readonly Logins logins;
    private readonly string vhost;

    private ForgeTopology(PostgresFixture postgres, RabbitFixture rabbit, int receiverPort, int filesPerBatch)
    {
        (ledger, vhost) = (postgres, rabbit.Vhost);
        Prefix = $"t{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";
        logins = new Logins(vhost, Prefix);
        environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["BUSJOBS_PREFIX"] = Prefix,
            ["FORGE_TOKEN"] = Token,
            ["FORGE_SECRET_KEY"] = Convert.ToBase64String(new byte[32]),
            ["BusJobs__Metrics__ScrapeFrom__0"] = "127.0.0.1",
            ["Forge__FilesPerBatch"] = $"{filesPerBatch}",
            ["Forge__Hooks__AllowedNetworks__0"] = "127.0.0.0/8",
            ["Forge__Hooks__AllowedPorts__0"] = $"{receiverPort}",
            ["Forge__Hooks__AllowPlainHttp"] = "true",
            ["Forge__Hooks__Schedule__0"] = "00:00:01",
            ["Forge__Hooks__Schedule__1"] = "00:00:02",
        };
    }

    /// <summary>What the names on the broker begin with.</summary>
    public string Prefix { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("forge-topology-").FullName;

    public HttpClient Api { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>A coordinator and the API; the other services are started by the test.</summary>
    public static async Task<ForgeTopology> StartAsync(PostgresFixture postgres, RabbitFixture rabbit, int receiverPort = 1, int filesPerBatch = 32)
    {
        await postgres.EmptyAsync();
        var topology = new ForgeTopology(postgres, rabbit, receiverPort, filesPerBatch);
        await PostgresServer.ExecuteAsync($"create database \"{topology.database}\"");
        await topology.logins.MakeAsync(topology.database);
        await topology.logins.MakeLedgerAsync(postgres.ConnectionString);
        topology.StartServer("coordinator");
        var api = topology.Start("api");
        topology.Api.BaseAddress = new Uri((await api.LineAsync("forge api at")).Split(' ', ',')[3]);
        topology.Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        await Eventually.HoldsAsync(async () => (await topology.Api.GetAsync("/health/ready")).IsSuccessStatusCode, TimeSpan.FromSeconds(60));
        return topology;
    }

    /// <summary>A part of BusJobs itself, with the logins of a coordinator, which the API and the scheduler share.</summary>
    public FaultProcess StartServer(string role)
    {
        environment["BUSJOBS_DATABASE"] = logins.Ledger;
        environment["BUSJOBS_RABBITMQ"] = logins.Broker("coordinator").AbsoluteUri;
        var process = FaultProcess.Start("BusJobs.Server.dll", ["--role", role, "--data", Folder, "--urls", "http://127.0.0.1:0"], environment);
        processes.Add(process);
        return process;
    }

    /// <summary>The command line of BusJobs, as an operator uses it.</summary>
    /// <param name="server">The API; null for what is done to the ledger itself.</param>
    /// <returns>What it says.</returns>
    public async Task<string> CommandAsync(Uri? server, string key, params string[] words)
    {
        var end = await CliProcess.RunAsync(new Dictionary<string, string?> { ["BUSJOBS_URL"] = server?.AbsoluteUri, ["BUSJOBS_KEY"] = key, ["BUSJOBS_DATABASE"] = server is null ? logins.Ledger : null }, words);
        Assert.True(end.Code == 0, $"busjobs {string.Join(' ', words)}: {end}");
        return end.Output;
    }

    /// <summary>What waits in a queue of the broker; it stays there.</summary>
    public Task<IReadOnlyList<string>> MessagesAsync(string queue) => RabbitServer.PeekAsync(vhost, $"{Prefix}.{queue}");

    /// <summary>A service with the login to the database that is meant for it, and none for the ledger.</summary>
    public FaultProcess Start(string role)
    {
        environment["BUSJOBS_DATABASE"] = "";
        environment["BUSJOBS_RABBITMQ"] = logins.Broker(role == "api" ? "producer" : "worker").AbsoluteUri;
        environment["FORGE_DATABASE"] = logins.Database(role);
        var process = FaultProcess.Start(
            "Forge.Host.dll", ["--role", role, "--urls", "http://127.0.0.1:0", "--data", Path.Combine(Folder, "data"), "--repositories", Folder, "--slots", "2"], environment);
        processes.Add(process);
        services.Add((role, process));
        return process;
    }

    /// <summary>Kills a service, which need not tell what it counts any more.</summary>
    public Task KillAsync(FaultProcess service)
    {
        services.RemoveAll(one => one.Process == service);
        return service.KillAsync();
    }

    /// <summary>A bare repository of the forge with this many commits and files, known to the API.</summary>
    public async Task<GitFolder> RepositoryAsync(string name, int commits, int files, DateTimeOffset start)
    {
        var git = await GitFolder.InitAsync(Path.Combine(Folder, "acme", name), "--initial-branch=main", "--bare");
        await git.ImportAsync(GeneratedHistory.Stream(commits, files, start));
        await PostAsync("/forge/repositories", new { org = "acme", name });
        return git;
    }

    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using var answer = await Api.PostAsJsonAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>What a scraper reads of each service that was started and not killed.</summary>
    /// <exception cref="InvalidOperationException">One of them is silent, and is named.</exception>
    public async Task<IReadOnlyList<string>> MetricsAsync() => await Task.WhenAll(services.Select(async service => await MetricsAsync(service.Role, service.Process)));

    private async Task<string> MetricsAsync(string role, FaultProcess process)
    {
        try
        {
            var line = process.HasExited ? throw new TimeoutException("It has ended.") : await process.LineAsync(" at http://");
            return await Api.GetStringAsync(new Uri(new Uri(line.Split(' ', ',')[3]), "/metrics"));
        }
        catch (Exception exception) when (exception is TimeoutException or HttpRequestException or TaskCanceledException)
        {
            throw new InvalidOperationException($"The service {role} tells no metrics: {exception.Message} It is {process}", exception);
        }
    }

    public Task<JsonElement> GetAsync(string path) => Api.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Path and line of each hit, as the API tells.</summary>
    public async Task<List<(string Path, int Line)>> FindAsync(string text, string repository) =>
    [
        .. (await GetAsync($"/forge/search?limit=1000&repo={repository}&q={Uri.EscapeDataString(text)}")).GetProperty("hits").EnumerateArray()
            .Select(hit => (hit.GetProperty("path").GetString()!, hit.GetProperty("line").GetInt32())),
    ];

    /// <summary>Of the jobs of a kind: how many are in each state.</summary>
    public async Task<Dictionary<short, long>> StatesAsync(string kind)
    {
        await using var command = ledger.DataSource.CreateCommand("select state, count(*) from busjobs.job where kind = $1 group by state");
        command.Parameters.Add(new NpgsqlParameter { Value = kind });
        await using var rows = await command.ExecuteReaderAsync();
        var states = new Dictionary<short, long>();
        while (await rows.ReadAsync())
        {
            states[rows.GetInt16(0)] = rows.GetInt64(1);
        }

        return states;
    }

    /// <summary>How many jobs of a kind a tenant may enqueue in a minute; null when there is no limit.</summary>
    public async Task<int?> DoorLimitAsync(string kind)
    {
        await using var command = ledger.DataSource.CreateCommand("select jobs from busjobs.door_limit where name = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = kind });
        return (int?)await command.ExecuteScalarAsync();
    }

    /// <summary>How many jobs of a kind each worker has done since a moment.</summary>
    public async Task<Dictionary<string, long>> SharesAsync(string kind, DateTimeOffset since)
    {
        await using var command = ledger.DataSource.CreateCommand(
            "select worker, count(*) from busjobs.job where kind = $1 and state = 3 and finished_at >= $2 and worker is not null group by worker");
        command.Parameters.Add(new NpgsqlParameter { Value = kind });
        command.Parameters.Add(new NpgsqlParameter { Value = since.UtcDateTime });
        await using var rows = await command.ExecuteReaderAsync();
        var shares = new Dictionary<string, long>();
        while (await rows.ReadAsync())
        {
            shares[rows.GetString(0)] = rows.GetInt64(1);
        }

        return shares;
    }

    /// <summary>As <see cref="Eventually"/>, but a failure tells what the processes said.</summary>
    public async Task HoldsAsync(Func<Task<bool>> condition, string what, int seconds = 120)
    {
        try
        {
            await Eventually.HoldsAsync(condition, TimeSpan.FromSeconds(seconds), what);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message}\n{string.Join('\n', processes)}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }

        Api.Dispose();
        await PostgresServer.ExecuteAsync($"drop database if exists \"{database}\" with (force)");
        await logins.DropAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
