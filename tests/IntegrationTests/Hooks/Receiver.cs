using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>A request as it came over the wire.</summary>
internal sealed record Received(IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string this[string header] => Headers[header];
}

/// <summary>What a receiver does once it has read a request.</summary>
internal delegate Task Behaviour(Stream connection, CancellationToken cancellationToken);

/// <summary>A receiver of webhooks on a socket of its own, which does exactly what a test says, however bad the manners.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<Received> received = new();
    private readonly Func<int, Behaviour> behave;
    private readonly Func<Stream, Task<Stream>>? wrap;
    private readonly Task accepting;
    private int count;

    /// <param name="behave">By the number of the request, 0 for the first.</param>
    /// <param name="wrap">Puts TLS around a connection.</param>
    public Receiver(Func<int, Behaviour> behave, Func<Stream, Task<Stream>>? wrap = null)
    {
        (this.behave, this.wrap) = (behave, wrap);
        listener.Start();
        accepting = AcceptAsync();
    }

    public Receiver(Behaviour behaviour)
        : this(_ => behaviour)
    {
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public string Url => $"http://127.0.0.1:{Port}/hook";

    public IReadOnlyList<Received> Requests => [.. received];

    /// <summary>Connections, those that brought no request as well.</summary>
    public int Connections { get; private set; }

    public static Behaviour Answer(int status, string headers = "", string body = "") => async (connection, token) =>
        await connection.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{headers}\r\n{body}"), token);

    public static Behaviour Say(string text) => async (connection, token) => await connection.WriteAsync(Encoding.Latin1.GetBytes(text), token);

    public static Behaviour Stall(string text = "") => async (connection, token) =>
    {
        await connection.WriteAsync(Encoding.Latin1.GetBytes(text), token);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    };

    /// <summary>Says something short again and again, for as long as anybody listens.</summary>
    public static Behaviour Drip(string head, string drop) => async (connection, token) =>
    {
        await connection.WriteAsync(Encoding.Latin1.GetBytes(head), token);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (await timer.WaitForNextTickAsync(token))
        {
            await connection.WriteAsync(Encoding.Latin1.GetBytes(drop), token);
        }
    };

    /// <param name="count">Is told how much has been sent.</param>
    public static Behaviour Flood(string head, int bytes, Action<int>? count = null) => async (connection, token) =>
    {
        await connection.WriteAsync(Encoding.Latin1.GetBytes(head), token);
        var chunk = Encoding.Latin1.GetBytes(new string('x', 8_192));
        for (var sent = 0; sent < bytes; sent += chunk.Length)
        {
            await connection.WriteAsync(chunk, token);
            count?.Invoke(sent);
        }
    };

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await listener.AcceptTcpClientAsync(stop.Token)));
                Connections++;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                stream = wrap is null ? stream : await wrap(stream);
                received.Enqueue(await ReadAsync(stream));
                await behave(Interlocked.Increment(ref count) - 1)(stream, stop.Token);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The other side has gone, or would not come in.
            }
        }
    }

    private async Task<Received> ReadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, stop.Token) == 0)
            {
                throw new EndOfStreamException();
            }

            head.Append((char)one[0]);
        }

        var headers = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1]);
        var body = new byte[int.Parse(headers["content-length"])];
        await stream.ReadExactlyAsync(body, stop.Token);
        return new Received(headers, body);
    }
}
