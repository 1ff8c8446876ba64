using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using System.Text.Json;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Calling;

/// <summary>Talks to the HTTP API of a server. Whatever goes wrong is one sentence and an exit code.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient http;
    private readonly string server;

    /// <param name="key">An API key; null for a server that lets callers of its own machine in.</param>
    /// <exception cref="JobRefusedException">The address or the key is none. The key is not shown.</exception>
    public ApiClient(string url, string? key)
    {
        var address = Address(url);
        server = address.GetLeftPart(UriPartial.Authority);
        // A redirect could carry the key to another server.
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), AllowAutoRedirect = false, UseCookies = false };
        http = new HttpClient(handler) { BaseAddress = address, Timeout = Patience, MaxResponseContentBufferSize = 64 * 1024 * 1024 };
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = Key(key);
        }
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, body: null, cancellationToken);

    public Task<JsonElement> PostAsync(string path, object? body, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, body, cancellationToken);

    /// <param name="path">Below <c>/api/</c>, with its query.</param>
    /// <param name="body">Written as JSON, its null members left out; a string is JSON already.</param>
    /// <returns>The answer; undefined when the server had nothing to say but yes.</returns>
    /// <exception cref="CallException">The server could not be reached, or said no.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, "api/" + path);
            if (body is not null)
            {
                request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body, Fields.Sent), Encoding.UTF8, "application/json");
            }

            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.IsSuccessStatusCode ? Answer(response, text) : throw Refused(response, text);
        }
        catch (HttpRequestException exception)
        {
            throw new CallException(ExitCodes.Unreachable, $"The server {server} cannot be reached: {exception.Message.TrimEnd('.')}. Is it running, and is BUSJOBS_URL right?");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CallException(ExitCodes.Unreachable, $"The server {server} did not answer within {Patience.TotalSeconds:0} seconds.");
        }
    }

    public void Dispose() => http.Dispose();

    private JsonElement Answer(HttpResponseMessage response, string text) =>
        text.Length == 0 ? default : Parsed(text) ?? throw Strange(response);

    private CallException Refused(HttpResponseMessage response, string text)
    {
        if (Parsed(text)?.Text("detail") is not { Length: > 0 } detail)
        {
            return response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? Locked(response.StatusCode, "The server refused the call.") : Strange(response);
        }

        detail = Plain.Line(detail, 2_000);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Locked(response.StatusCode, detail),
            HttpStatusCode.TooManyRequests => new CallException(ExitCodes.Failed, response.Headers.RetryAfter?.Delta is { } after ? $"{detail} Try again in {after.TotalSeconds:0} s." : detail),
            HttpStatusCode.NotFound or HttpStatusCode.Conflict => new CallException(ExitCodes.Failed, detail),
            >= HttpStatusCode.InternalServerError => new CallException(ExitCodes.Unreachable, detail),
            _ => new CallException(ExitCodes.Usage, detail),
        };
    }

    private static CallException Locked(HttpStatusCode status, string detail) => new(
        ExitCodes.Unreachable,
        $"{detail} {(status == HttpStatusCode.Forbidden ? "Use a key with the scope that is needed" : "Put a key into BUSJOBS_KEY")}: busjobs keys create --name NAME --scope read,operate,enqueue");

    /// <summary>No such route, no JSON: an older or newer server, or none of ours.</summary>
    private CallException Strange(HttpResponseMessage response) => new(
        ExitCodes.Unreachable,
        $"{server} answered {(int)response.StatusCode} in a way that busjobs {Version} does not know: it is another program, or a server of another version.");

    private static string Version => typeof(ApiClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private static JsonElement? Parsed(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Uri Address(string url) =>
        Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" }
            ? address
            : throw new JobRefusedException("the server's address", url.Contains('@', StringComparison.Ordinal) ? "(not shown)" : url, "http://HOST:PORT or https://HOST, without user and password");

    private static AuthenticationHeaderValue Key(string key) =>
        key.Length is > 0 and < 500 && key.All(c => c is > ' ' and < '\x7f')
            ? new AuthenticationHeaderValue("Bearer", key)
            : throw new JobRefusedException("the API key", "(not shown)", "one line, as busjobs keys create shows it");
}
