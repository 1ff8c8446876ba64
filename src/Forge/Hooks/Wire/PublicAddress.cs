using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Forge.Hooks.Wire;

/// <summary>Whether an address is one of the public internet. Everything that only wraps another address is judged by what it wraps.</summary>
internal static class PublicAddress
{
    private static readonly (IPNetwork Network, string Name)[] Refused =
    [
        .. new (string, string)[]
        {
            ("0.0.0.0/8", "this host"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "shared by a carrier"), ("127.0.0.0/8", "loopback"),
            ("169.254.0.0/16", "link-local"), ("172.16.0.0/12", "private"), ("192.0.0.0/24", "reserved"), ("192.0.2.0/24", "documentation"),
            ("192.88.99.0/24", "a relay"), ("192.168.0.0/16", "private"), ("198.18.0.0/15", "for benchmarks"), ("198.51.100.0/24", "documentation"),
            ("203.0.113.0/24", "documentation"), ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"),
            ("2001::/23", "reserved"), ("2001:db8::/32", "documentation"), ("3fff::/20", "documentation"),
        }.Select(range => (IPNetwork.Parse(range.Item1), range.Item2)),
    ];

    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");

    /// <returns>What it is instead; null when it is public, or in a network that the operator allows.</returns>
    public static string? Fault(IPAddress address, HookOptions options) => Fault(address, options, Own);

    /// <param name="own">The addresses of this host.</param>
    internal static string? Fault(IPAddress address, HookOptions options, Func<IEnumerable<IPAddress>> own)
    {
        var real = Unwrap(address);
        if (options.Networks.Any(network => network.Contains(real)))
        {
            return null;
        }

        foreach (var (network, name) in Refused)
        {
            if (network.Contains(real))
            {
                return name;
            }
        }

        return real.AddressFamily == AddressFamily.InterNetworkV6 && !Global.Contains(real) ? "no global address"
            : own().Contains(real) ? "an address of this host"
            : null;
    }

    private static IPAddress Unwrap(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        // The scope of a link says nothing about whose address it is.
        var bytes = address.GetAddressBytes();
        var plain = new IPAddress(bytes);
        return plain.IsIPv4MappedToIPv6 || Nat64.Contains(plain) || (Compatible.Contains(plain) && !plain.Equals(IPAddress.IPv6Loopback) && !plain.Equals(IPAddress.IPv6Any))
            ? new IPAddress(bytes.AsSpan(12))
            : SixToFour.Contains(plain) ? new IPAddress(bytes.AsSpan(2, 4))
            : plain;
    }

    internal static IEnumerable<IPAddress> Own() =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(own => own.Address);
}
