using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BusJobs.IntegrationTests.Kill;

namespace BusJobs.IntegrationTests.Tls;

/// <summary>A worker refuses a broker by its certificate before a word of AMQP is spoken, so a listener that shows one is enough of a broker.</summary>
public sealed class BadCertificateTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("busjobs-certificate-");
    private readonly RSA key = RSA.Create(2048);

    public void Dispose()
    {
        key.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_root_that_has_expired_is_refused()
    {
        using var rootKey = RSA.Create(2048);
        var request = new CertificateRequest("CN=Test root", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var root = request.CreateSelfSigned(Now.AddDays(-60), Now.AddDays(30));
        var trusted = Path.Combine(folder.FullName, "ca.crt");
        await File.WriteAllTextAsync(trusted, root.ExportCertificatePem());
        using var expired = Localhost().Create(root, Now.AddDays(-30), Now.AddDays(-1), [1, 2, 3, 4]);
        await RefusesAsync(expired.CopyWithPrivateKey(key), trusted, "it is not valid at this time");
    }

    [Fact]
    public async Task A_certificate_that_signed_itself_is_refused() =>
        await RefusesAsync(Localhost().CreateSelfSigned(Now.AddDays(-1), Now.AddDays(30)), trusted: null, "it is not of a root that this system trusts");

    private CertificateRequest Localhost()
    {
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private async Task RefusesAsync(X509Certificate2 certificate, string? trusted, string reason)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var showing = ShowAsync(listener, certificate);
        await using (var worker = FaultProcess.Start(
            "BusJobs.Server.dll", ["--role", "worker", "--data", folder.FullName, "--urls", "http://127.0.0.1:0"],
            new Dictionary<string, string?> { ["BUSJOBS_RABBITMQ"] = $"amqps://busjobs:busjobs@localhost:{port}/", ["BUSJOBS_DATABASE"] = "", ["SSL_CERT_FILE"] = trusted }))
        {
            Assert.EndsWith($"The certificate of RabbitMQ at localhost:{port} is refused: {reason}", await worker.LineAsync("is refused: "), StringComparison.Ordinal);
            Assert.False(worker.Says("   at "));
        }

        listener.Stop();
        await showing;
        certificate.Dispose();
    }

    /// <summary>Shows the certificate to whoever comes, until the listener is stopped.</summary>
    private static async Task ShowAsync(TcpListener listener, X509Certificate2 certificate)
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(certificate);
                // With TLS 1.3 this side is done before the other has looked.
                await stream.ReadExactlyAsync(new byte[8]);
            }
            catch (Exception exception) when (exception is IOException or AuthenticationException)
            {
                // Refused, as it should be.
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
