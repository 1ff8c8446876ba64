using System.Net;
using System.Net.Sockets;

namespace Forge.Hooks.Wire;

/// <summary>Finds the addresses of a host name.</summary>
internal delegate Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken);

/// <summary>
/// Connects to the public internet only. A name is resolved here and nowhere else, every address it has is judged, and the connection goes to
/// one of these very addresses: an answer that changes between check and connect changes nothing.
/// </summary>
internal sealed class GuardedSocket(HookOptions options, Resolve resolve, TimeProvider clock)
{
    private static readonly TimeSpan ResolveTime = TimeSpan.FromSeconds(5);

    /// <exception cref="HookRefusedException">The port or an address is not allowed.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
    {
        if (!options.AllowedPorts.Contains(target.Port))
        {
            throw new HookRefusedException($"Port {target.Port} is not allowed.");
        }

        var addresses = await AddressesAsync(target.Host, cancellationToken);
        foreach (var address in addresses)
        {
            if (PublicAddress.Fault(address, options) is { } fault)
            {
                throw new HookRefusedException($"'{target.Host}' has the address {address}, which is not public: {fault}.");
            }
        }

        return await ConnectAsync(addresses, target.Port, cancellationToken);
    }

    private async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        try
        {
            var found = await resolve(host, cancellationToken).WaitAsync(ResolveTime, clock, cancellationToken);
            return found.Length > 0 ? found : throw new HookRefusedException($"'{host}' has no address.");
        }
        catch (TimeoutException)
        {
            throw new HookRefusedException($"'{host}' was not resolved within {ResolveTime.TotalSeconds:0} s.");
        }
    }

    private static async Task<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        SocketException? last = null;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                last = exception;
            }
            catch (OperationCanceledException)
            {
                socket.Dispose();
                throw;
            }
        }

        throw last!;
    }
}

/// <summary>A connection that is not made, whoever asks for it.</summary>
internal sealed class HookRefusedException(string message) : IOException(message);
