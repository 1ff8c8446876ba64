using System.Net;
using Forge.Hooks;
using Forge.Hooks.Wire;

namespace BusJobs.UnitTests.Hooks;

/// <summary>Every form of the catalogue of bad addresses is a row.</summary>
public sealed class HookUrlTests
{
    private static readonly HookOptions Options = new();

    [Theory]
    [InlineData("https://example.org")]
    [InlineData("https://example.org/hook?key=1&x=%20")]
    [InlineData("https://example.org:443/")]
    [InlineData("HTTPS://Example.ORG/")]
    [InlineData("https://xn--bcher-kva.example/")]
    [InlineData("https://8.8.8.8/hook")]
    [InlineData("https://[2606:4700:4700::1111]/hook")]
    [InlineData("https://1.example.org./")]
    public void Public_addresses_are_taken(string url) => Assert.Null(HookUrl.Fault(url, Options));

    [Theory]
    [InlineData("http://example.org/")]
    [InlineData("ftp://example.org/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://example.org/")]
    [InlineData("//example.org/")]
    [InlineData("/hook")]
    [InlineData("example.org")]
    [InlineData("https:/example.org")]
    [InlineData("https://")]
    [InlineData("https:///hook")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("javascript:alert(1)")]
    public void Only_https_with_a_host_is_taken(string? url) => Assert.NotNull(HookUrl.Fault(url, Options));

    [Fact]
    public void A_url_of_8_kilobytes_is_refused() => Assert.Contains("at most 2,000 characters", HookUrl.Fault("https://example.org/" + new string('a', 8_000), Options), StringComparison.Ordinal);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("0x7f000001")]
    [InlineData("2130706433")]
    [InlineData("0177.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("localhost")]
    [InlineData("localhost.")]
    [InlineData("[::1]")]
    [InlineData("[::]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("[fe80::1%25lo]")]
    [InlineData("[fe80::1%lo]")]
    [InlineData("169.254.169.254")]
    [InlineData("metadata.google.internal")]
    [InlineData("printer.local")]
    [InlineData("a.localhost")]
    [InlineData("[fd00:ec2::254]")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("192.0.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("[ff02::1]")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("8.8.8.010")]
    [InlineData("134744072")]
    [InlineData("intranet")]
    public void Hosts_of_the_inside_are_refused_in_every_form(string host) => Assert.NotNull(HookUrl.Fault($"https://{host}/", Options));

    [Theory]
    [InlineData("https://user:pass@example.org/")]
    [InlineData("https://user@example.org/")]
    [InlineData("https://@example.org/")]
    [InlineData("https://example.org#@evil.example/")]
    [InlineData("https://example.org\\@evil.example/")]
    [InlineData("https://example.org/\thook")]
    [InlineData("https://exam\tple.org/")]
    [InlineData("https://example.org/\r\nHost: evil.example")]
    [InlineData("https://example.org/\0")]
    [InlineData(" https://example.org/")]
    [InlineData("https://ex\u0430mple.org/")]
    [InlineData("https://example\u3002org/")]
    [InlineData("https://example.org/\u202e")]
    [InlineData("https://exa mple.org/")]
    public void What_two_parsers_could_read_differently_is_refused(string url) => Assert.NotNull(HookUrl.Fault(url, Options));

    [Theory]
    [InlineData(22)]
    [InlineData(25)]
    [InlineData(80)]
    [InlineData(5432)]
    [InlineData(5672)]
    [InlineData(0)]
    [InlineData(65536)]
    public void Other_ports_are_refused(int port) => Assert.NotNull(HookUrl.Fault($"https://example.org:{port}/", Options));

    [Fact]
    public void What_an_operator_allows_is_taken_and_nothing_beside_it()
    {
        var options = new HookOptions { AllowedNetworks = ["10.1.0.0/16"], AllowedPorts = [443, 8443], AllowPlainHttp = true };
        Assert.Null(HookUrl.Fault("http://10.1.2.3:8443/", options));
        Assert.NotNull(HookUrl.Fault("http://10.2.2.3:8443/", options));
        Assert.NotNull(HookUrl.Fault("http://10.1.2.3:8080/", options));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("2002:808:808::1", true)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::10.0.0.1", false)]
    [InlineData("64:ff9b::10.0.0.1", false)]
    [InlineData("64:ff9b:1::8.8.8.8", false)]
    [InlineData("2002:a00:1::1", false)]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("3fff::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fe80::1%2", false)]
    [InlineData("fec0::1", false)]
    [InlineData("100::1", false)]
    [InlineData("5f00::1", false)]
    [InlineData("192.88.99.1", false)]
    [InlineData("203.0.113.9", false)]
    [InlineData("240.0.0.1", false)]
    public void An_address_is_judged_by_what_it_stands_for(string address, bool isPublic) =>
        Assert.Equal(isPublic, PublicAddress.Fault(IPAddress.Parse(address), Options) is null);

    [Theory]
    [InlineData("8.8.4.4", "an address of this host")]
    [InlineData("::ffff:8.8.4.4", "an address of this host")]
    [InlineData("2606:4700:4700::1001", "an address of this host")]
    [InlineData("8.8.8.8", null)]
    public void A_public_address_of_this_very_host_is_inside(string address, string? fault) =>
        Assert.Equal(fault, PublicAddress.Fault(IPAddress.Parse(address), Options, () => [IPAddress.Parse("8.8.4.4"), IPAddress.Parse("2606:4700:4700::1001")]));

    [Fact]
    public void The_addresses_of_this_host_are_those_of_its_interfaces() => Assert.Contains(IPAddress.Loopback, PublicAddress.Own());
}
