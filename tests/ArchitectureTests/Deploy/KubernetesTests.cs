namespace BusJobs.ArchitectureTests.Deploy;

/// <summary>The manifests of Kubernetes, as far as they can be proved without a cluster.</summary>
public sealed class KubernetesTests
{
    private static readonly IReadOnlyList<Node> All =
        [.. Directory.GetFiles(Path.Combine(Checkout.Root, "deploy/kubernetes")).Order().SelectMany(file => Node.ReadAll(Path.GetRelativePath(Checkout.Root, file)))];

    private static readonly Dictionary<string, string> Versions = new(StringComparer.Ordinal)
    {
        ["Deployment"] = "apps/v1", ["Service"] = "v1", ["ScaledObject"] = "keda.sh/v1alpha1",
    };

    private static readonly Dictionary<string, string> Secrets = new(StringComparer.Ordinal)
    {
        ["BUSJOBS_RABBITMQ"] = "amqp://u:p@rabbit/", ["BUSJOBS_DATABASE"] = "Host=db", ["FORGE_DATABASE"] = "Host=db", ["FORGE_SECRET_KEY"] = "key", ["FORGE_TOKEN"] = "token",
    };

    /// <summary>Where the command is whose jobs a service runs.</summary>
    private static readonly Dictionary<string, string> Commands = new(StringComparer.Ordinal)
    {
        ["forge-indexer"] = "src/Forge/Pushes/IndexRepository.cs", ["forge-merger"] = "src/Forge/Mergeability/RecomputeMergeability.cs",
        ["forge-hooks"] = "src/Forge/Hooks/DeliverWebhook.cs", ["forge-backfill"] = "src/Forge/Backfill/BackfillWindow.cs",
    };

    public static TheoryData<string> Deployments { get; } = [.. OfKind("Deployment").Select(Name)];

    public static TheoryData<string> Scalers { get; } = [.. OfKind("ScaledObject").Select(Name)];

    [Fact]
    public void Each_object_has_a_version_that_its_kind_has_and_a_name_of_its_own()
    {
        Assert.All(All, one => Assert.Equal(Versions[one["kind"].Text], one["apiVersion"].Text));
        Assert.All(All, one => Assert.Matches("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", Name(one)));
        Assert.Equal(All.Count, All.Select(one => (one["kind"].Text, Name(one))).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Deployments))]
    public void A_deployment_selects_its_own_pods_and_mounts_what_they_have(string name)
    {
        var (deployment, container) = Deployment(name);
        var (spec, pod) = (deployment["spec"], deployment["spec"]["template"]["spec"]);
        Assert.Equal(spec["selector"]["matchLabels"].Texts(), spec["template"]["metadata"]["labels"].Texts());
        Assert.Equal(name, spec["selector"]["matchLabels"]["app"].Text);
        Assert.Equal(
            pod["volumes"].Items.Select(volume => volume["name"].Text).Order(), container["volumeMounts"].Items.Select(mount => mount["name"].Text).Order());
        Assert.Equal("true", pod["securityContext"]["runAsNonRoot"].Text);
        Assert.Equal("true", container["securityContext"]["readOnlyRootFilesystem"].Text);
        Assert.Equal("ALL", Assert.Single(container["securityContext"]["capabilities"]["drop"].Items).Text);
        Assert.Matches("^[0-9]+m$", container["resources"]["requests"]["cpu"].Text);
        Assert.Matches("^[0-9]+Mi$", container["resources"]["limits"]["memory"].Text);
        // A worker drains for less.
        Assert.True(int.Parse(pod["terminationGracePeriodSeconds"].Text) >= 60);
    }

    [Theory]
    [MemberData(nameof(Deployments))]
    public void Probes_hit_routes_that_the_program_has_at_a_port_that_is_named(string name)
    {
        var (_, container) = Deployment(name);
        var ports = container["ports"].Items.ToDictionary(port => port["name"].Text, port => port["containerPort"].Text, StringComparer.Ordinal);
        var program = string.Concat(Checkout.Sources(Program(container) == "Forge.Host" ? "src/Forge.Host" : "src/BusJobs.Server").Select(file => file.Text));
        foreach (var probe in (string[])["livenessProbe", "readinessProbe"])
        {
            var get = container[probe]["httpGet"];
            Assert.Contains($"MapGet(\"{get["path"].Text}\"", program, StringComparison.Ordinal);
            Assert.Contains($"http://0.0.0.0:{ports[get["port"].Text]}", container["args"].Items.Select(word => word.Text));
        }
    }

    [Theory]
    [MemberData(nameof(Deployments))]
    public void The_program_takes_its_arguments_and_reads_its_whole_environment(string name)
    {
        var (_, container) = Deployment(name);
        var environment = container["env"].Items.ToDictionary(
            variable => variable["name"].Text, variable => variable.Find("value")?.Text ?? Secrets[variable["valueFrom"]["secretKeyRef"]["key"].Text], StringComparer.Ordinal);
        Assert.Null(Programs.Fault(Program(container), [.. container["args"].Items.Select(word => word.Text)], environment));
    }

    /// <summary>A coordinator's numbers are what is scaled by, and a process without the API lets in only the scrapers that it is told of.</summary>
    [Theory]
    [MemberData(nameof(Deployments))]
    public void Prometheus_is_let_in(string name) =>
        Assert.Contains("BusJobs__Metrics__ScrapeFrom__0", Deployment(name).Container["env"].Items.Select(variable => variable["name"].Text));

    [Theory]
    [MemberData(nameof(Scalers))]
    public void A_scaler_scales_a_deployment_by_the_queue_that_it_serves(string name)
    {
        var spec = OfKind("ScaledObject").Single(scaler => Name(scaler) == name)["spec"];
        var target = spec["scaleTargetRef"]["name"].Text;
        Assert.Contains(target, OfKind("Deployment").Select(Name));
        Assert.True(int.Parse(spec["minReplicaCount"].Text) <= int.Parse(spec["maxReplicaCount"].Text));
        var queue = Checkout.Read(Commands[target]).Split("Queue = \"")[1].Split('"')[0];
        Assert.Equal(2, spec["triggers"].Items.Count);
        Assert.All(spec["triggers"].Items, trigger =>
        {
            Assert.Equal("prometheus", trigger["type"].Text);
            Assert.Contains($"queue=\"{queue}\"", trigger["metadata"]["query"].Text, StringComparison.Ordinal);
            Assert.True(int.Parse(trigger["metadata"]["threshold"].Text) > 0);
        });
    }

    [Fact]
    public void A_service_leads_to_a_deployment_and_a_port_of_it()
    {
        Assert.All(OfKind("Service"), service =>
        {
            var (_, container) = Deployment(service["spec"]["selector"]["app"].Text);
            var ports = container["ports"].Items.Select(port => port["name"].Text);
            Assert.All(service["spec"]["ports"].Items, port => Assert.Contains(port["targetPort"].Text, ports));
        });
    }

    private static IEnumerable<Node> OfKind(string kind) => All.Where(one => one["kind"].Text == kind);

    private static string Name(Node one) => one["metadata"]["name"].Text;

    private static string Program(Node container) => container["image"].Text.StartsWith("busjobs-forge:", StringComparison.Ordinal) ? "Forge.Host" : "BusJobs.Server";

    private static (Node Deployment, Node Container) Deployment(string name)
    {
        var deployment = OfKind("Deployment").Single(one => Name(one) == name);
        return (deployment, Assert.Single(deployment["spec"]["template"]["spec"]["containers"].Items));
    }
}
