using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>Where the connection breaks.</summary>
public enum Cut
{
    /// <summary>The client's COMMIT never arrives.</summary>
    BeforeCommit,

    /// <summary>The server has committed, and its answer is lost.</summary>
    BeforeAnswer,
}

/// <summary>
/// Stands between a client and PostgreSQL, reads the frames of the protocol that pass, and cuts the connection at the commit of
/// the first transaction. Serves one connection, without encryption.
/// </summary>
internal sealed class CommitCutter : IAsyncDisposable
{
    private const int HeadBytes = 5;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly TcpClient server = new();
    private readonly Cut cut;
    private readonly Task serving;
    private TcpClient? client;

    public CommitCutter(string host, int port, Cut cut)
    {
        this.cut = cut;
        listener.Start();
        serving = ServeAsync(host, port);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public bool HasCut { get; private set; }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        Hang();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync(string host, int port)
    {
        client = await listener.AcceptTcpClientAsync();
        await server.ConnectAsync(host, port);
        var (near, far) = (client.GetStream(), server.GetStream());
        await PassStartupAsync(near, far);
        await Task.WhenAny(PassAsync(near, far, IsCommit), PassAsync(far, near, IsCommitted));
        Hang();
    }

    /// <summary>The client's first message has a length and no type.</summary>
    private static async Task PassStartupAsync(NetworkStream near, NetworkStream far)
    {
        var length = new byte[4];
        await near.ReadExactlyAsync(length);
        var body = new byte[BinaryPrimitives.ReadInt32BigEndian(length) - length.Length];
        await near.ReadExactlyAsync(body);
        await far.WriteAsync((byte[])[.. length, .. body]);
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, Func<byte, byte[], bool> isWhereToCut)
    {
        var head = new byte[HeadBytes];
        while (true)
        {
            await from.ReadExactlyAsync(head);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4];
            await from.ReadExactlyAsync(body);
            if (isWhereToCut(head[0], body))
            {
                HasCut = true;
                return;
            }

            await to.WriteAsync((byte[])[.. head, .. body]);
        }
    }

    /// <summary>A query, or a statement to prepare, that says COMMIT.</summary>
    private bool IsCommit(byte type, byte[] body) =>
        cut == Cut.BeforeCommit && type is ((byte)'Q' or (byte)'P') && Encoding.ASCII.GetString(body).Contains("COMMIT", StringComparison.OrdinalIgnoreCase);

    /// <summary>CommandComplete, with the tag of the commit.</summary>
    private bool IsCommitted(byte type, byte[] body) =>
        cut == Cut.BeforeAnswer && type == (byte)'C' && Encoding.ASCII.GetString(body).StartsWith("COMMIT", StringComparison.Ordinal);

    private void Hang()
    {
        client?.Dispose();
        server.Dispose();
    }
}
