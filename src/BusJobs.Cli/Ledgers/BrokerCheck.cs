using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Ledgers;

/// <summary>Looks at RabbitMQ by way of its management plugin.</summary>
internal static class BrokerCheck
{
    private const string Needs = "http://USER:PASSWORD@HOST:15672, where RabbitMQ's management plugin answers";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly Version Oldest = new(3, 10);

    /// <param name="api">The address of the plugin, with user and password.</param>
    /// <param name="broker">The address of the broker, for its virtual host; null for <c>/</c>.</param>
    /// <param name="prefix">The first word of the queues' names.</param>
    public static async Task<IEnumerable<Finding>> RunAsync(string api, string? broker, string prefix, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(api.TrimEnd('/') + "/", UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new JobRefusedException("BUSJOBS_RABBITMQ_API", "(not shown)", Needs);
        }

        using var http = Client(address);
        try
        {
            var overview = await GetAsync(http, "overview", cancellationToken);
            var nodes = await GetAsync(http, "nodes", cancellationToken);
            var queues = await GetAsync(http, $"queues/{VirtualHost(broker)}", cancellationToken);
            return [Server(overview), .. nodes.Items().SelectMany(Alarms), .. queues.Items().Where(queue => IsOurs(queue, prefix)).SelectMany(queue => Of(queue, prefix))];
        }
        catch (HttpRequestException exception) when (exception.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return [new Finding("broker", "refused the user of BUSJOBS_RABBITMQ_API", "give that user the tag monitoring, and permissions on the virtual host")];
        }
        catch (HttpRequestException exception)
        {
            return [new Finding("broker", $"cannot be asked: {exception.Message.TrimEnd('.')}", $"set BUSJOBS_RABBITMQ_API to {Needs}")];
        }
        catch (Exception exception) when (exception is JsonException || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return [new Finding("broker", "does not answer as a management plugin does", $"set BUSJOBS_RABBITMQ_API to {Needs}")];
        }
    }

    private static HttpClient Client(Uri address)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = new Uri(new UriBuilder(address) { UserName = "", Password = "" }.Uri, "api/"), Timeout = Patience,
        };
        http.DefaultRequestHeaders.Authorization = address.UserInfo.Length == 0
            ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        return http;
    }

    private static async Task<JsonElement> GetAsync(HttpClient http, string path, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(path, cancellationToken);
        response.EnsureSuccessStatusCode();
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>As a segment of a path: <c>%2F</c> for the default one.</summary>
    private static string VirtualHost(string? broker) =>
        Uri.TryCreate(broker, UriKind.Absolute, out var address) && address.AbsolutePath.Trim('/') is { Length: > 0 } name ? name : "%2F";

    private static Finding Server(JsonElement overview)
    {
        var version = overview.Text("rabbitmq_version") ?? "";
        return new Finding("broker", $"RabbitMQ {Plain.Line(version)}", Version.TryParse(version, out var known) && known < Oldest ? $"use RabbitMQ {Oldest} or later" : null);
    }

    private static IEnumerable<Finding> Alarms(JsonElement node)
    {
        var name = $"node {node.Cell("name")}";
        if (node.Flag("mem_alarm"))
        {
            yield return new Finding(name, "is out of memory and takes no messages", "give it memory, or see which queues are long");
        }

        if (node.Flag("disk_free_alarm"))
        {
            yield return new Finding(name, "is out of disk space and takes no messages", "free some of its disk");
        }

        if (node.Member("running") is not null && !node.Flag("running"))
        {
            yield return new Finding(name, "does not run", "start it: quorum queues need most of their nodes");
        }
    }

    private static bool IsOurs(JsonElement queue, string prefix) =>
        queue.Text("name") is { } name && (name.StartsWith(prefix + ".", StringComparison.Ordinal) || name == $"{prefix}:settlements" || name.StartsWith($"{prefix}:intake", StringComparison.Ordinal));

    private static IEnumerable<Finding> Of(JsonElement queue, string prefix)
    {
        var name = queue.Text("name")!;
        var (what, waiting, holdsDead) = ($"queue {queue.Cell("name")}", queue.Number("messages_ready"), name.EndsWith(".dead", StringComparison.Ordinal));
        if (queue.Text("type") is { } type && type != "quorum")
        {
            yield return new Finding(what, $"is a {Plain.Line(type)} queue, and may lose messages", "let it run empty, delete it, and restart coordinator and workers: they declare it as a quorum queue");
        }

        if (holdsDead && queue.Member("arguments")?.Member("x-max-length") is null)
        {
            yield return new Finding(what, "has no bound", "delete it and restart the coordinator, which declares it with one");
        }

        if (!holdsDead && waiting > 0 && queue.Number("consumers") == 0)
        {
            yield return new Finding(what, $"{(waiting == 1 ? "1 message waits" : $"{waiting:N0} messages wait")}, and nobody reads it", name.StartsWith(prefix + ".", StringComparison.Ordinal) ? "start a worker of the queue" : "start a coordinator");
        }

        if (queue.Text("state") is { } state && state is not ("running" or "idle"))
        {
            yield return new Finding(what, $"is {Plain.Line(state)}", "see the log of RabbitMQ: a quorum queue without most of its nodes stands still");
        }
    }
}
