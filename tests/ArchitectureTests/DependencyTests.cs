using BusJobs.ArchitectureTests.Rules;

namespace BusJobs.ArchitectureTests;

public sealed class DependencyTests
{
    private static readonly ProjectFile Guilty = ProjectFile.Parse("BusJobs.Worker", Checkout.Guilty("BusJobs.Worker.csproj.txt"));

    [Fact]
    public void Projects_refer_to_each_other_in_one_direction() =>
        Assert.Empty(Checkout.Projects().SelectMany(project => Direction.Violations(project.Name, project.Projects)));

    [Fact]
    public void Compiled_assemblies_refer_to_each_other_in_one_direction() =>
        Assert.Empty(Checkout.Assemblies().SelectMany(assembly => Direction.Violations(assembly.GetName().Name!, References(assembly.GetName().Name!)!)));

    [Fact]
    public void A_reference_against_the_direction_is_seen()
    {
        Assert.Equal(["BusJobs.Worker must not refer to BusJobs.Ledger."], Direction.Violations(Guilty.Name, Guilty.Projects));
        Assert.Equal(["BusJobs.Ledger must not refer to BusJobs.Bus."], Direction.Violations("BusJobs.Ledger", ["BusJobs.Bus", "MassTransit"]));
        Assert.Equal(["Forge must not refer to BusJobs.Bus."], Direction.Violations("Forge", ["BusJobs", "BusJobs.Worker", "BusJobs.Bus"]));
        Assert.Equal(["BusJobs.Extra has no place in the direction of dependencies."], Direction.Violations("BusJobs.Extra", []));
    }

    [Fact]
    public void Each_package_has_one_owner() =>
        Assert.Empty(Checkout.Projects().SelectMany(project => Owner.OfPackage(project.Name, project.Packages)));

    [Fact]
    public void Each_compiled_dependency_has_one_owner() =>
        Assert.Empty(Checkout.Assemblies().SelectMany(assembly => Owner.OfReference(assembly.GetName().Name!, References(assembly.GetName().Name!)!)));

    [Fact]
    public void A_package_outside_its_owner_is_seen()
    {
        var faults = Owner.OfPackage(Guilty.Name, Guilty.Packages).ToList();
        Assert.Equal(3, faults.Count);
        Assert.Contains("BusJobs.Worker must not name MassTransit: it belongs to BusJobs.Bus.", faults);
        Assert.Contains("Newtonsoft.Json of BusJobs.Worker has no owner.", faults);
        Assert.Single(Owner.OfReference("BusJobs.Worker", ["MassTransit.Abstractions", "RabbitMQ.Client"]));
        Assert.Single(Owner.OfReference("BusJobs.Server", ["Npgsql", "Microsoft.EntityFrameworkCore.Relational"]));
    }

    [Fact]
    public void Only_the_bus_shapes_MassTransit() => Assert.Empty(Owner.OfTheBus(Checkout.Sources("src")));

    [Fact]
    public void Shaping_MassTransit_elsewhere_is_seen()
    {
        var text = Checkout.Guilty("ShapesTheBus.cs.txt");
        Assert.Single(Owner.OfTheBus([new SourceFile("src/BusJobs.Worker/Setup/Setup.cs", text)]));
        Assert.Empty(Owner.OfTheBus([new SourceFile("src/BusJobs.Bus/BusTopology.cs", text)]));
    }

    [Fact]
    public void A_worker_reaches_no_database()
    {
        Assert.Empty(NoDatabase.InClosure("BusJobs.Worker", References));
        Assert.All((string[])["BusJobs", "BusJobs.Bus", "BusJobs.Worker"], project =>
            Assert.Empty(NoDatabase.InPackages(project, Checkout.Read($"src/{project}/packages.lock.json"))));
    }

    [Fact]
    public void A_database_behind_another_assembly_is_seen()
    {
        var graph = new Dictionary<string, string[]> { ["BusJobs.Worker"] = ["BusJobs.Bus"], ["BusJobs.Bus"] = ["Innocent"], ["Innocent"] = ["Npgsql", "BusJobs.Bus"] };
        Assert.Equal(["BusJobs.Worker reaches Npgsql."], NoDatabase.InClosure("BusJobs.Worker", graph.GetValueOrDefault));
        Assert.NotEmpty(NoDatabase.InClosure("BusJobs.Coordinator", References));
        Assert.Equal(["BusJobs.Worker restores Microsoft.Data.Sqlite.Core."], NoDatabase.InPackages("BusJobs.Worker", Checkout.Guilty("packages.lock.json.txt")));
    }

    private static IEnumerable<string>? References(string assembly) => Checkout.Load(assembly)?.GetReferencedAssemblies().Select(name => name.Name!);
}
