using BusJobs.IntegrationTests.Kill;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>A real server of its own, embedded, outside Development: who calls it needs a key, and the fixture makes one with the program itself.</summary>
public sealed class CliFixture : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("busjobs-cli-");
    private readonly Dictionary<string, string?> environment = [];
    private FaultProcess? server;

    public string Folder => folder.FullName;

    public async Task InitializeAsync()
    {
        server = FaultProcess.Start(
            "BusJobs.Server.dll", ["--data", Folder, "--urls", "http://127.0.0.1:0", "--slots", "1"],
            new Dictionary<string, string?> { ["ASPNETCORE_ENVIRONMENT"] = "Production", ["BUSJOBS_DATABASE"] = "", ["BUSJOBS_RABBITMQ"] = "" });
        environment["BUSJOBS_URL"] = (await server.AddressAsync()).OriginalString;
        var made = await RunAsync("keys", "create", "--name", "tests", "--scope", "enqueue,read,operate", "--data", Folder);
        environment["BUSJOBS_KEY"] = made.Output.Trim();
    }

    /// <summary>Runs the program against the server, with a key.</summary>
    internal Task<CliEnd> RunAsync(params string[] words) => CliProcess.RunAsync(environment, words);

    internal Task<CliEnd> RunAsync(string? input, string[] words) => CliProcess.RunAsync(environment, input, words);

    /// <summary>The environment of the program, changed.</summary>
    internal IReadOnlyDictionary<string, string?> With(string name, string? value) => new Dictionary<string, string?>(environment) { [name] = value };

    public async Task DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        folder.Delete(recursive: true);
    }
}
