using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace BusJobs.IntegrationTests.Servers;

/// <summary>RabbitMQ through its management API, which takes milliseconds where rabbitmqctl takes a second.</summary>
internal static class RabbitServer
{
    private static readonly Lazy<HttpClient> Http = new(Connect);

    private static string User => Uri.UnescapeDataString(ServerAddresses.RabbitMq.UserInfo.Split(':')[0]);

    public static Uri AddressOf(string vhost) => new(ServerAddresses.RabbitMq, Uri.EscapeDataString(vhost));

    public static async Task CreateVhostAsync(string vhost)
    {
        await SendAsync(HttpMethod.Put, $"vhosts/{Uri.EscapeDataString(vhost)}", JsonContent.Create(new { }));
        await SendAsync(
            HttpMethod.Put,
            $"permissions/{Uri.EscapeDataString(vhost)}/{Uri.EscapeDataString(User)}",
            JsonContent.Create(new { configure = ".*", write = ".*", read = ".*" }));
    }

    public static Task DeleteVhostAsync(string vhost) => SendAsync(HttpMethod.Delete, $"vhosts/{Uri.EscapeDataString(vhost)}");

    /// <summary>As <c>rabbitmqctl import_definitions</c> does it.</summary>
    public static Task ImportAsync(object definitions) => SendAsync(HttpMethod.Post, "definitions", JsonContent.Create(definitions));

    public static Task DeleteUserAsync(string user) => SendAsync(HttpMethod.Delete, $"users/{Uri.EscapeDataString(user)}");

    public static Task PurgeQueueAsync(string vhost, string queue) =>
        SendAsync(HttpMethod.Delete, $"queues/{Uri.EscapeDataString(vhost)}/{Uri.EscapeDataString(queue)}/contents");

    /// <summary>A message straight into a queue.</summary>
    public static Task PublishAsync(string vhost, string queue, string payload) => SendAsync(
        HttpMethod.Post, $"exchanges/{Uri.EscapeDataString(vhost)}/amq.default/publish",
        JsonContent.Create(new { properties = new { }, routing_key = queue, payload, payload_encoding = "string" }));

    /// <summary>The first messages of a queue, as the management UI shows them: they go back into it.</summary>
    public static async Task<IReadOnlyList<string>> PeekAsync(string vhost, string queue)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"queues/{Uri.EscapeDataString(vhost)}/{Uri.EscapeDataString(queue)}/get")
        {
            Content = JsonContent.Create(new { count = 20, ackmode = "ack_requeue_true", encoding = "auto" }),
        };
        using var response = await SendAsync(request);
        response.EnsureSuccessStatusCode();
        return [.. (await response.Content.ReadFromJsonAsync<Peeked[]>())!.Select(message => message.Payload)];
    }

    public static Task SetPolicyAsync(string vhost, string name, object policy) =>
        SendAsync(HttpMethod.Put, $"policies/{Uri.EscapeDataString(vhost)}/{name}", JsonContent.Create(policy));

    public static Task DeletePolicyAsync(string vhost, string name) =>
        SendAsync(HttpMethod.Delete, $"policies/{Uri.EscapeDataString(vhost)}/{name}");

    public static async Task<IReadOnlyList<string>> QueuesAsync(string vhost)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"queues/{Uri.EscapeDataString(vhost)}?columns=name&disable_stats=true");
        using var response = await SendAsync(request);
        response.EnsureSuccessStatusCode();
        return [.. (await response.Content.ReadFromJsonAsync<QueueName[]>())!.Select(queue => queue.Name)];
    }

    private static async Task SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await SendAsync(request);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"RabbitMQ answered {(int)response.StatusCode} to {method} {path}: {await response.Content.ReadAsStringAsync()}");
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        try
        {
            return await Http.Value.SendAsync(request);
        }
        catch (HttpRequestException error)
        {
            throw new InvalidOperationException(
                $"RabbitMQ does not answer at {ServerAddresses.RabbitMqApi.Authority}: run tests/run.sh, or tests/servers.sh up.", error);
        }
    }

    private static HttpClient Connect()
    {
        var address = ServerAddresses.RabbitMqApi;
        var client = new HttpClient { BaseAddress = new Uri($"{address.Scheme}://{address.Authority}/api/"), Timeout = TimeSpan.FromSeconds(30) };
        var login = Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo)));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", login);
        return client;
    }

    private sealed record QueueName(string Name);

    private sealed record Peeked(string Payload);
}
