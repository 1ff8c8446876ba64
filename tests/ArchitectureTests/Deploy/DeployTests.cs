using System.Text.Json;
using System.Text.RegularExpressions;

namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>What the files of deploy name is there: files, roles, queues and metrics.</summary>
public sealed partial class DeployTests
{
    private static readonly string Compose = Checkout.Read("docker-compose.yml");

    [GeneratedRegex(@"\bbusjobs_[a-z_]+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Metric { get; }

    [GeneratedRegex("""Create(?<kind>Counter|Histogram|ObservableGauge|UpDownCounter)[^(]*\(\s*"(?<name>busjobs\.[a-z._]+)"[^;]*?"(?<unit>s|By|\{[a-z]+\})(?=")""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Instrument { get; }

    [GeneratedRegex(@"(?<=queue=\\*"")[a-z]+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Queue { get; }

    [GeneratedRegex(@"(?<=\./)deploy/[\w./-]+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Mounted { get; }

    [Fact]
    public void JSON_is_JSON() => Assert.All(Files("*.json"), file => JsonDocument.Parse(File.ReadAllText(file)));

    [Fact]
    public void Every_metric_that_is_drawn_or_scaled_by_is_measured()
    {
        var measured = Checkout.Sources("src").SelectMany(file => Instrument.Matches(file.Text)).SelectMany(Series).ToHashSet();
        var named = Files("*").Where(file => file.Contains("/grafana/", StringComparison.Ordinal) || file.Contains("/kubernetes/", StringComparison.Ordinal))
            .SelectMany(file => Metric.Matches(File.ReadAllText(file))).Select(match => match.Value).Distinct().ToList();
        Assert.True(named.Count >= 8, string.Join(' ', named));
        Assert.All(named, name => Assert.Contains(name, measured));
    }

    [Fact]
    public void Every_queue_that_is_scaled_by_has_a_kind()
    {
        var queues = Queue.Matches(Checkout.Read("deploy/kubernetes/scaling.yaml")).Select(match => match.Value).Distinct().ToList();
        Assert.Equal(["backfill", "hooks", "merge", "search"], queues.Order());
        var sources = string.Concat(Checkout.Sources("src/Forge").Select(file => file.Text));
        Assert.All(queues, queue => Assert.Contains($"Queue = \"{queue}\"", sources, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_file_that_is_mounted_is_there()
    {
        var mounted = Mounted.Matches(Compose).Select(match => match.Value).Distinct().ToList();
        Assert.Contains("deploy/prometheus/prometheus.yml", mounted);
        Assert.All(mounted, path => Assert.True(Path.Exists(Path.Combine(Checkout.Root, path)), path));
    }

    [Theory]
    [InlineData("indexer")]
    [InlineData("merger")]
    [InlineData("hooks")]
    [InlineData("backfill")]
    [InlineData("api")]
    public void Every_service_of_the_forge_is_deployed_everywhere(string role)
    {
        Assert.Contains($"  forge-{role}:\n", Compose, StringComparison.Ordinal);
        Assert.Contains($"\"--role\", \"{role}\"", Compose, StringComparison.Ordinal);
        Assert.Contains($"  name: forge-{role}\n", Checkout.Read("deploy/kubernetes/forge.yaml"), StringComparison.Ordinal);
        Assert.Contains($"create role forge_{role} login nosuperuser", Checkout.Read("deploy/postgres/forge-roles.sql"), StringComparison.Ordinal);
    }

    [Fact]
    public void No_file_holds_more_than_spaces_before_a_key() =>
        Assert.All(Files("*.y*ml").Append(Path.Combine(Checkout.Root, "docker-compose.yml")), file => Assert.DoesNotContain('\t', File.ReadAllText(file)));

    /// <summary>What an instrument is called at <c>/metrics</c>.</summary>
    private static IEnumerable<string> Series(Match instrument)
    {
        var name = instrument.Groups["name"].Value.Replace('.', '_') + instrument.Groups["unit"].Value switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return instrument.Groups["kind"].Value switch
        {
            "Counter" => [$"{name}_total"],
            "Histogram" => [$"{name}_bucket", $"{name}_sum", $"{name}_count"],
            _ => [name],
        };
    }

    private static IEnumerable<string> Files(string pattern) => Directory.EnumerateFiles(Path.Combine(Checkout.Root, "deploy"), pattern, SearchOption.AllDirectories);
}
