using System.Reflection;
using BusJobs.Bus;
using BusJobs.Ledger;
using Npgsql;

namespace BusJobs.Server;

/// <summary>Says what this process is and where its parts are. Users and passwords are left out.</summary>
internal static class Banner
{
    public static void Print(ServerOptions options, TextWriter output)
    {
        var version = typeof(Banner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        var role = options.Role == Role.All ? "all roles in one process" : $"role {options.Role.ToString().ToLowerInvariant()}";
        output.WriteLine($"BusJobs {version}, {role}");
        if (options.NeedsLedger)
        {
            output.WriteLine($"  ledger  {Ledger(options)}");
        }

        output.WriteLine($"  bus     {Bus(options)}");
        if (options.Works)
        {
            output.WriteLine($"  worker  {options.Slots} slots for each of the queues default and search");
        }

        if (options.Repository is not null)
        {
            output.WriteLine($"  repo    {options.Repository}");
        }
    }

    public static void PrintAddresses(ICollection<string> urls, ServerOptions options, TextWriter output)
    {
        var api = options.ServesApi ? "dashboard; /api, /api/openapi.json, /forge/search?q=..., " : "";
        output.WriteLine($"  http    {string.Join(", ", urls)} ({api}/health/live, /health/ready, /metrics)");
    }

    private static string Ledger(ServerOptions options)
    {
        if (options.Database is null)
        {
            return $"SQLite, {Path.Combine(options.DataFolder, LedgerOptions.FileName)}";
        }

        var server = new NpgsqlConnectionStringBuilder(options.Database);
        return $"PostgreSQL, {server.Host}:{server.Port}, database {server.Database}";
    }

    private static string Bus(ServerOptions options) => options.RabbitMq is not { } uri
        ? "in memory"
        : $"RabbitMQ, {uri.Host}:{BusOptions.PortOf(uri)}, virtual host {(uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : "/")}, prefix {options.Prefix}";
}
