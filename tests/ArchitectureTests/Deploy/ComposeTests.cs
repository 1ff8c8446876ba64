using System.Text.RegularExpressions;

namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>docker-compose.yml, as far as it can be proved without an engine.</summary>
public sealed partial class ComposeTests
{
    private static readonly string[] Known =
    [
        "image", "build", "command", "environment", "ports", "volumes", "healthcheck", "hostname", "profiles", "depends_on", "restart", "stop_grace_period",
    ];

    private static readonly Node File = Node.ReadAll("docker-compose.yml").Single();

    public static TheoryData<string> Services { get; } = [.. File["services"].Keys];

    [GeneratedRegex(@"^127\.0\.0\.1:(?<host>\$\{[A-Z_]+:-\d+\}|\d+):\d+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Port { get; }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_says_only_what_is_known_and_waits_for_services_that_run_with_it(string name)
    {
        var service = File["services"][name];
        Assert.Empty(service.Keys.Except(Known));
        Assert.True(service.Find("image") is not null, name);
        if (service.Find("build") is { } build)
        {
            Assert.True(System.IO.File.Exists(Path.Combine(Checkout.Root, build["dockerfile"].Text)), build["dockerfile"].Text);
        }

        foreach (var other in service.Find("depends_on")?.Keys ?? [])
        {
            var awaited = File["services"][other];
            Assert.Contains(service["depends_on"][other]["condition"].Text, (string[])[awaited.Find("healthcheck") is null ? "service_completed_successfully" : "service_healthy"]);
            Assert.True(awaited.Find("profiles") is null || Profiles(awaited).SequenceEqual(Profiles(service)), $"{name} waits for {other}, which another profile starts.");
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_mounts_what_is_declared_or_there(string name)
    {
        foreach (var mount in File["services"][name].Find("volumes")?.Items ?? [])
        {
            var from = mount.Text.Split(':')[0];
            Assert.True(
                from is "./repositories" || (from.StartsWith("./", StringComparison.Ordinal) ? Path.Exists(Path.Combine(Checkout.Root, from)) : File["volumes"].Keys.Contains(from)), mount.Text);
        }
    }

    [Fact]
    public void Ports_are_bound_to_loopback_and_each_is_given_once()
    {
        var ports = File["services"].Keys.SelectMany(name => File["services"][name].Find("ports")?.Items ?? []).Select(port => port.Text).ToList();
        Assert.All(ports, port => Assert.Matches(Port, port));
        Assert.Equal(ports.Count, ports.Select(port => Port.Match(port).Groups["host"].Value).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Our_programs_take_the_command_line_and_read_the_whole_environment(string name)
    {
        var service = File["services"][name];
        if (service.Find("build") is not { } build)
        {
            return;
        }

        var program = build["dockerfile"].Text.EndsWith(".forge", StringComparison.Ordinal) ? "Forge.Host" : "BusJobs.Server";
        Assert.Contains($"ENTRYPOINT [\"dotnet\", \"{program}.dll\"]", Checkout.Read(build["dockerfile"].Text), StringComparison.Ordinal);
        Assert.Null(Programs.Fault(program, [.. service["command"].Items.Select(word => word.Text)], service["environment"].Texts()));
    }

    [Fact]
    public void Prometheus_scrapes_every_role_at_the_port_where_it_listens()
    {
        var targets = Node.ReadAll("deploy/prometheus/prometheus.yml").Single()["scrape_configs"].Items.SelectMany(job => job["static_configs"].Items)
            .SelectMany(group => group["targets"].Items).Select(target => target.Text).ToList();
        Assert.Equal(File["services"].Keys.Where(name => File["services"][name].Find("build") is not null).Order(), targets.Select(target => target.Split(':')[0]).Order());
        Assert.All(targets, target =>
        {
            var service = File["services"][target.Split(':')[0]];
            Assert.Contains($"http://0.0.0.0:{target.Split(':')[1]}", service["command"].Items.Select(word => word.Text));
            Assert.Contains("BusJobs__Metrics__ScrapeFrom__0", service["environment"].Keys);
        });
    }

    private static IEnumerable<string> Profiles(Node service) => service["profiles"].Items.Select(profile => profile.Text).Order();
}
