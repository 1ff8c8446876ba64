namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>The units of systemd.</summary>
public sealed class UnitFileTests
{
    [Theory]
    [InlineData("busjobs@.service", "BusJobs.Server", "coordinator worker scheduler api")]
    [InlineData("forge@.service", "Forge.Host", "api indexer merger hooks backfill")]
    public void A_unit_starts_a_program_that_takes_its_options_in_each_role(string file, string program, string roles)
    {
        Assert.Equal(["/usr/bin/dotnet", $"/usr/lib/{(program == "Forge.Host" ? "forge" : "busjobs")}/{program}.dll"], Settings(file)["ExecStart"].Split(' ')[..2]);
        Assert.All(roles.Split(' '), role => Assert.Null(Programs.Fault(program, Arguments(file, role), Environment(program))));
    }

    [Theory]
    [InlineData("busjobs@.service", "BusJobs.Server", "coordinator worker scheduler api")]
    [InlineData("forge@.service", "Forge.Host", "api indexer merger hooks backfill")]
    public void Units_of_one_machine_do_not_take_each_others_port(string file, string program, string roles)
    {
        var ports = roles.Split(' ').Select(role => new Uri(Programs.Urls(program, Arguments(file, role), Environment(program))).Port).Where(port => port != 0).ToList();
        Assert.Equal(ports.Distinct(), ports);
    }

    [Theory]
    [InlineData("busjobs@.service")]
    [InlineData("forge@.service")]
    public void A_unit_restarts_drains_and_has_no_more_rights_than_it_needs(string file)
    {
        var settings = Settings(file);
        Assert.Equal(("always", "yes", "yes", "strict"), (settings["Restart"], settings["DynamicUser"], settings["NoNewPrivileges"], settings["ProtectSystem"]));
        Assert.True(int.Parse(settings["TimeoutStopSec"]) >= 60);
        Assert.Equal("multi-user.target", settings["WantedBy"]);
    }

    private static string[] Arguments(string file, string role) =>
        [.. Settings(file)["ExecStart"].Split(' ')[2..].Select(word => word.Replace("%i", role, StringComparison.Ordinal))];

    private static Dictionary<string, string> Environment(string program)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["BUSJOBS_DATABASE"] = "Host=db", ["BUSJOBS_RABBITMQ"] = "amqp://u:p@rabbit/" };
        if (program == "Forge.Host")
        {
            environment["FORGE_DATABASE"] = "Host=db";
        }

        return environment;
    }

    /// <summary>Each line is a comment, a section or a setting.</summary>
    private static Dictionary<string, string> Settings(string file)
    {
        var lines = Checkout.Read($"deploy/systemd/{file}").Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToList();
        Assert.Equal(["[Unit]", "[Service]", "[Install]"], lines.Where(line => line[0] == '['));
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.Where(line => line[0] != '['))
        {
            Assert.Matches("^[A-Z][A-Za-z]+=.+$", line);
            settings[line.Split('=')[0]] = line[(line.IndexOf('=') + 1)..];
        }

        return settings;
    }
}
