using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Forge.Hooks.Wire;

/// <summary>How one try ended.</summary>
/// <param name="Status">Null when there was no answer.</param>
/// <param name="Fault">Why it does not count as delivered; null when it does.</param>
/// <param name="Head">The beginning of the answer's body.</param>
/// <param name="RetryAfter">What the receiver asked for, unclamped.</param>
internal sealed record HookReply(int? Status, string? Fault, string Head, TimeSpan? RetryAfter, TimeSpan Took);

/// <summary>Posts deliveries. Nothing that a receiver answers makes it go elsewhere, wait for ever or read much.</summary>
internal sealed class HookSender : IDisposable
{
    private const int MostRead = 16 * 1024;
    private const int MostKept = 1024;

    private readonly HookOptions options;
    private readonly TimeProvider clock;
    private readonly HttpClient client;

    /// <param name="roots">Certificates to trust instead of the system's; null outside of tests.</param>
    public HookSender(HookOptions options, Resolve resolve, TimeProvider clock, X509Certificate2Collection? roots = null)
    {
        (this.options, this.clock) = (options, clock);
        var guarded = new GuardedSocket(options, resolve, clock);
        client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (context, token) => guarded.ConnectAsync(context.DnsEndPoint, token),
            // A proxy of the environment would connect where the guard does not look.
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MostRead / 1024,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            SslOptions = Tls(roots),
            // The spans of jobs are nobody's business outside.
            ActivityHeadersPropagator = null,
        }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public async Task<HookReply> SendAsync(Uri url, IReadOnlyDictionary<string, string> headers, byte[] body, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        using var limit = new CancellationTokenSource(options.Timeout, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        int? status = null;
        try
        {
            using var request = Request(url, headers, body);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            status = (int)response.StatusCode;
            var head = await ReadAsync(response, stop.Token);
            return new HookReply(status, Fault(response.StatusCode), head, RetryAfter(response), clock.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed($"The receiver had not answered in full after {options.Timeout.TotalSeconds:0.#} s.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return Failed(Reason(exception));
        }

        HookReply Failed(string why) => new(status, why, Head: "", RetryAfter: null, clock.GetElapsedTime(began));
    }

    public void Dispose() => client.Dispose();

    private static SslClientAuthenticationOptions Tls(X509Certificate2Collection? roots)
    {
        var tls = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
        if (roots is not null)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        return tls;
    }

    private static HttpRequestMessage Request(Uri url, IReadOnlyDictionary<string, string> headers, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body), Version = HttpVersion.Version11 };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "BusJobs-Forge/1");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    private static string? Fault(HttpStatusCode status) => (int)status switch
    {
        >= 200 and < 300 => null,
        >= 300 and < 400 => $"The receiver answered {(int)status}, and redirects are not followed.",
        _ => $"The receiver answered {(int)status}.",
    };

    /// <summary>An answer that is cut off is no answer; one that goes on and on is not read on.</summary>
    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MostRead];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, Math.Min(read, MostKept)).Replace('\0', '\ufffd');
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var text = response.Headers.TryGetValues("Retry-After", out var values) ? values.First().Trim() : null;
        return text switch
        {
            null => null,
            _ when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) => TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)),
            _ when DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) => at - clock.GetUtcNow(),
            _ => null,
        };
    }

    private static string Reason(Exception exception) => exception switch
    {
        { InnerException: HookRefusedException refused } => refused.Message,
        { InnerException: AuthenticationException } => "The receiver's certificate is not good, or it speaks no TLS 1.2.",
        { InnerException: System.Net.Sockets.SocketException socket } => $"The receiver cannot be reached: {socket.SocketErrorCode}.",
        _ => "The receiver broke off, or its answer was no HTTP.",
    };
}
