using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Forge.Hooks.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>The root is trusted in each of these, so that what is refused is refused for the fault that is named.</summary>
public sealed class CertificateTests
{
    private const string Refused = "The receiver's certificate is not good, or it speaks no TLS 1.2.";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task A_good_certificate_of_a_trusted_root_is_taken() => Assert.Null(await FaultAsync("hook.example.org", validDays: 30));

    [Fact]
    public async Task An_expired_certificate_is_refused() => await RefusedAsync("hook.example.org", validDays: -1);

    [Fact]
    public async Task A_certificate_for_another_name_is_refused() => await RefusedAsync("other.example.org", validDays: 30);

    [Fact]
    public async Task A_certificate_of_nobody_that_is_trusted_is_refused() => await RefusedAsync("hook.example.org", validDays: 30, trusted: false);

    [Fact]
    public async Task A_certificate_that_signed_itself_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Request("hook.example.org", key).CreateSelfSigned(Now.AddDays(-1), Now.AddDays(30));
        Assert.Equal(Refused, await FaultAsync(bare, []));
    }

    /// <summary>The offer is read from the wire: whether a server of this machine would still speak the old versions proves nothing.</summary>
    [Fact]
    public async Task No_version_of_TLS_before_1_2_is_offered()
    {
        byte[] hello = [];
        await using var receiver = new Receiver(_ => Receiver.Answer(200), async stream =>
        {
            var head = new byte[5];
            await stream.ReadExactlyAsync(head);
            hello = new byte[(head[3] << 8) | head[4]];
            await stream.ReadExactlyAsync(hello);
            // A fatal alert: protocol version.
            await stream.WriteAsync(new byte[] { 21, 3, 3, 0, 2, 2, 70 });
            throw new IOException("Enough was seen.");
        });
        Assert.Equal(Refused, await FaultAsync(receiver, []));
        Assert.Equal([0x0303, 0x0304], Offered(hello).Order());
    }

    [Fact]
    public async Task A_receiver_that_speaks_no_TLS_is_refused()
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        Assert.NotNull(await FaultAsync(receiver, roots: null));
    }

    private static async Task RefusedAsync(string name, int validDays, bool trusted = true) =>
        Assert.Equal(Refused, await FaultAsync(name, validDays, trusted));

    private static async Task<string?> FaultAsync(string name, int validDays, bool trusted = true)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=Test root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var root = rootRequest.CreateSelfSigned(Now.AddDays(-90), Now.AddDays(90));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Request(name, key).Create(root, Now.AddDays(-60), Now.AddDays(validDays), [1, 2, 3, 4]);
        using var withKey = bare.CopyWithPrivateKey(key);
        return await FaultAsync(withKey, trusted ? new X509Certificate2Collection(root) : []);
    }

    private static CertificateRequest Request(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private static async Task<string?> FaultAsync(X509Certificate2 withKey, X509Certificate2Collection roots)
    {
        using var certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
        await using var receiver = new Receiver(_ => Receiver.Answer(200), async stream =>
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(certificate, clientCertificateRequired: false, SslProtocols.None, checkCertificateRevocation: false);
            return tls;
        });
        return await FaultAsync(receiver, roots);
    }

    /// <summary>The versions of the extension supported_versions of a ClientHello; of one without it, the version of the message.</summary>
    private static IEnumerable<int> Offered(byte[] hello)
    {
        // Type and length, version, random, and then three lists, each after its length.
        var at = 4 + 2 + 32;
        at += 1 + hello[at];
        at += 2 + Number(at);
        at += 1 + hello[at] + 2;
        while (at < hello.Length)
        {
            if (Number(at) == 43)
            {
                return [.. Enumerable.Range(0, hello[at + 4] / 2).Select(i => Number(at + 5 + (2 * i)))];
            }

            at += 4 + Number(at + 2);
        }

        return [Number(4)];

        int Number(int place) => (hello[place] << 8) | hello[place + 1];
    }

    private static async Task<string?> FaultAsync(Receiver receiver, X509Certificate2Collection? roots)
    {
        await using var story = await HookStory.StartAsync(
            receiver, url: $"https://hook.example.org:{receiver.Port}/",
            more: services => services.AddSingleton(provider => new HookSender(
                provider.GetRequiredService<global::Forge.Hooks.HookOptions>(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), TimeProvider.System, roots)));
        var job = await story.PushAsync();
        await story.RunAsync(job);
        return Assert.Single((await story.FindAsync(job)).Tries).Fault;
    }
}
