namespace BusJobs.ArchitectureTests.Rules;

/// <summary>One owner per dependency, so that it can be replaced in one place.</summary>
internal static class Owner
{
    /// <summary>Packages, by what their names begin with, and the projects that may name them.</summary>
    private static readonly (string Package, string[] Projects)[] OfPackages =
    [
        ("MassTransit", ["BusJobs.Bus"]),
        ("RabbitMQ.Client", ["BusJobs.Bus"]),
        // Forge is a service with a database of its own, and keeps its search index in tables of its own.
        ("Microsoft.EntityFrameworkCore", ["BusJobs.Ledger", "BusJobs.Outbox", "Forge"]),
        ("Npgsql.EntityFrameworkCore", ["BusJobs.Ledger", "BusJobs.Outbox", "Forge"]),
        ("Npgsql", ["BusJobs.Ledger", "BusJobs.Outbox", "Forge"]),
        ("Microsoft.Data.Sqlite", ["BusJobs.Ledger", "BusJobs.Outbox", "Forge"]),
        ("SQLitePCLRaw", ["BusJobs.Ledger", "BusJobs.Outbox", "Forge"]),
        ("Quartz", ["BusJobs.Scheduling"]),
        ("System.CommandLine", ["BusJobs.Server", "BusJobs.Cli"]),
        ("Spectre.Console", ["BusJobs.Cli"]),
        ("Microsoft.AspNetCore.OpenApi", ["BusJobs.Api"]),
        ("OpenTelemetry", ["BusJobs.Api"]),
    ];

    /// <summary>Compiled references: consumers are written against MassTransit's abstractions, and only the bus knows its transport.</summary>
    private static readonly (string Assembly, string[] Projects)[] OfAssemblies =
    [
        ("MassTransit.RabbitMqTransport", ["BusJobs.Bus"]),
        ("RabbitMQ.Client", ["BusJobs.Bus"]),
        ("MassTransit", ["BusJobs.Bus", "BusJobs.Worker", "BusJobs.Outbox", "BusJobs.Coordinator", "BusJobs.Api"]),
        ("Microsoft.EntityFrameworkCore", ["BusJobs.Ledger", "BusJobs.Outbox", "Forge"]),
        // The server reads connection strings, to check them and to show them without their passwords.
        ("Npgsql", ["BusJobs.Ledger", "BusJobs.Outbox", "Forge", "BusJobs.Server"]),
        ("Microsoft.Data.Sqlite", ["BusJobs.Ledger", "BusJobs.Outbox", "Forge"]),
        ("SQLitePCL", ["BusJobs.Ledger", "Forge"]),
        ("Quartz", ["BusJobs.Scheduling"]),
        ("OpenTelemetry", ["BusJobs.Api"]),
        ("System.CommandLine", ["BusJobs.Server", "BusJobs.Cli"]),
        ("Spectre.Console", ["BusJobs.Cli"]),
        // The generator that reads documentation comments runs in whatever is built on the API, too.
        ("Microsoft.OpenApi", ["BusJobs.Api", "BusJobs.Server", "Forge.Host", "Forge.Pages"]),
    ];

    /// <summary>Words of MassTransit that shape a bus rather than use it.</summary>
    private static readonly string[] Shaping = ["Bus.Factory", "AddMassTransit", "IRabbitMq", "SetEntityName", "ReceiveEndpoint(", "UseMessageRetry"];

    public static IEnumerable<string> OfPackage(string project, IEnumerable<string> packages) => packages.SelectMany(package =>
        Find(OfPackages, package) is { } owners
            ? owners.Contains(project) ? [] : (string[])[$"{project} must not name {package}: it belongs to {string.Join(" and ", owners)}."]
            : [$"{package} of {project} has no owner."]);

    public static IEnumerable<string> OfReference(string project, IEnumerable<string> assemblies) =>
        from assembly in assemblies
        let owners = Find(OfAssemblies, assembly)
        where owners is not null && !owners.Contains(project)
        select $"{project} must not use {assembly}: it belongs to {string.Join(" and ", owners)}.";

    public static IEnumerable<string> OfTheBus(IEnumerable<SourceFile> files) =>
        from file in files
        where !file.Path.StartsWith("src/BusJobs.Bus/", StringComparison.Ordinal)
        from word in Shaping
        where file.Text.Contains(word, StringComparison.Ordinal)
        select $"{file.Path} shapes MassTransit ({word}), which only BusJobs.Bus does.";

    private static string[]? Find((string Name, string[] Projects)[] owners, string name) =>
        owners.Where(one => name == one.Name || name.StartsWith(one.Name, StringComparison.Ordinal)).Select(one => one.Projects).FirstOrDefault();
}
