using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Servers;
using Forge;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BusJobs.IntegrationTests.Topology;

/// <summary>The users of <c>deploy</c>, with names of their own, since users are a server's and not a database's.</summary>
internal sealed partial class Logins(string vhost, string prefix)
{
    private const string Password = "for-a-test";

    private static readonly string[] Services = ["api", "indexer", "merger", "hooks", "backfill"];

    private readonly string suffix = prefix[^12..];
    private string database = "";
    private string ledger = "";

    [GeneratedRegex(@"\bforge_(api|indexer|merger|hooks|backfill)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Role { get; }

    public string Database(string role) =>
        new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionStringTo(database)) { Username = $"forge_{role}_{suffix}", Password = Password }.ConnectionString;

    public Uri Broker(string user) => new UriBuilder(RabbitServer.AddressOf(vhost)) { UserName = $"busjobs-{user}-{suffix}", Password = Password }.Uri;

    /// <summary>For a coordinator.</summary>
    public string Ledger => new NpgsqlConnectionStringBuilder(ledger) { Username = $"busjobs_coordinator_{suffix}", Password = Password }.ConnectionString;

    /// <summary>Makes the roles of a ledger, whose tables are there, and the index that a coordinator finds beside them.</summary>
    public async Task MakeLedgerAsync(string connectionString)
    {
        ledger = connectionString;
        var index = ForgeRegistration.IndexOf(new ForgeOptions { Database = ledger + ";Pooling=False" });
        await index.MigrateAsync(CancellationToken.None);
        await ((IAsyncDisposable)index).DisposeAsync();
        var roles = (await File.ReadAllTextAsync(DeployFiles.Path("postgres/ledger-roles.sql")))
            .Replace("busjobs_coordinator", $"busjobs_coordinator_{suffix}", StringComparison.Ordinal).Replace("busjobs_viewer", $"busjobs_viewer_{suffix}", StringComparison.Ordinal);
        await PostgresServer.ExecuteAsync($"{roles} alter role busjobs_coordinator_{suffix} password '{Password}';", LedgerName);
    }

    private string LedgerName => new NpgsqlConnectionStringBuilder(ledger).Database!;

    /// <summary>Makes the tables as their owner, and the users as the files of <c>deploy</c> say.</summary>
    public async Task MakeAsync(string forgeDatabase)
    {
        database = forgeDatabase;
        var owner = new ForgeOptions { Database = PostgresServer.ConnectionStringTo(database) + ";Pooling=False" };
        var options = new DbContextOptionsBuilder<HubContext>();
        ForgeRegistration.UseDatabase(options, owner);
        await using (var hub = new HubContext(options.Options))
        {
            await HubSchema.MigrateAsync(hub, CancellationToken.None);
        }

        var index = ForgeRegistration.IndexOf(owner);
        await index.MigrateAsync(CancellationToken.None);
        await ((IAsyncDisposable)index).DisposeAsync();
        var roles = Role.Replace(await File.ReadAllTextAsync(DeployFiles.Path("postgres/forge-roles.sql")), match => $"{match.Value}_{suffix}");
        // A second time does no harm.
        await PostgresServer.ExecuteAsync(roles + roles + string.Concat(Services.Select(role => $"alter role forge_{role}_{suffix} password '{Password}';\n")), database);
        await MakeBrokerAsync();
    }

    /// <summary>Makes the users of the broker alone.</summary>
    public Task MakeBrokerAsync() => RabbitServer.ImportAsync(Definitions());

    public async Task DropAsync()
    {
        foreach (var role in Services)
        {
            await PostgresServer.ExecuteAsync($"drop role if exists forge_{role}_{suffix}");
        }

        foreach (var role in ledger.Length == 0 ? [] : (string[])["coordinator", "viewer"])
        {
            await PostgresServer.ExecuteAsync($"drop owned by busjobs_{role}_{suffix}; drop role busjobs_{role}_{suffix}", LedgerName);
        }

        foreach (var user in (string[])["coordinator", "worker", "producer"])
        {
            await RabbitServer.DeleteUserAsync($"busjobs-{user}-{suffix}");
        }
    }

    private JsonObject Definitions()
    {
        var definitions = JsonNode.Parse(File.ReadAllText(DeployFiles.Path("rabbitmq/definitions.json")))!.AsObject();
        definitions["vhosts"]!.AsArray()[0]!["name"] = vhost;
        foreach (var user in definitions["users"]!.AsArray())
        {
            user!["name"] = $"{user["name"]}-{suffix}";
            user.AsObject().Remove("password_hash");
            user.AsObject().Remove("hashing_algorithm");
            user["password"] = Password;
        }

        foreach (var permission in definitions["permissions"]!.AsArray())
        {
            (permission!["user"], permission["vhost"]) = ($"{permission["user"]}-{suffix}", vhost);
            foreach (var right in (string[])["configure", "write", "read"])
            {
                permission[right] = permission[right]!.GetValue<string>().Replace("busjobs", prefix, StringComparison.Ordinal);
            }
        }

        return definitions;
    }
}
