using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Tls;

/// <summary>A RabbitMQ of its own that speaks TLS alone, with a certificate for <c>localhost</c> of a root that nobody trusts yet.</summary>
public sealed class TlsBroker : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly string folder = Directory.CreateTempSubdirectory("busjobs-tls-").FullName;

    public int Port { get; } = FreePorts();

    public string Root => Path.Combine(folder, "ca.crt");

    /// <summary>A folder for the processes that use it.</summary>
    public string Data => Path.Combine(folder, "data");

    public async Task InitializeAsync()
    {
        // The broker runs as a user of its own.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        using var rootKey = RSA.Create(2048);
        var root = new CertificateRequest("CN=Test root", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var signed = root.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(30));
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(signed, Now.AddDays(-1), Now.AddDays(30), [1, 2, 3, 4]);
        await File.WriteAllTextAsync(Root, signed.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.crt"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
        await RunAsync("start-rabbit");
    }

    public async Task DisposeAsync()
    {
        await RunAsync("down", "--wipe");
        Directory.Delete(folder, recursive: true);
    }

    private async Task RunAsync(params string[] command)
    {
        // Nothing is read from it: RabbitMQ would inherit the pipe and keep it open.
        var start = new ProcessStartInfo(ServerAddresses.ServersScript, command) { UseShellExecute = false };
        start.Environment["BUSJOBS_SERVERS_DIR"] = Path.Combine(folder, "servers");
        start.Environment["BUSJOBS_POSTGRES_PORT"] = $"{Port + 4}";
        start.Environment["BUSJOBS_RABBITMQ_PORT"] = $"{Port}";
        start.Environment["BUSJOBS_RABBITMQ_TLS"] = folder;
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>The first of five that were free a moment ago: the broker's, its management's, its name server's, its peers' and PostgreSQL's.</summary>
    private static int FreePorts()
    {
        // Below 32,768, where no connection of the tests beside takes a port before the broker has it.
        for (var first = 22_000 + (Environment.ProcessId % 1_000 * 5); ; first += 5)
        {
            if (Enumerable.Range(first, 5).All(IsFree))
            {
                return first;
            }
        }

        static bool IsFree(int port)
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
