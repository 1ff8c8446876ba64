using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace BusJobs.Bus;

/// <summary>Whether the broker's certificate is of a root that the system trusts and for the name in the address. Nothing less is accepted.</summary>
internal sealed class BrokerTrust
{
    /// <summary>What was wrong with the certificate that was shown last; null when nothing was.</summary>
    public string? Refusal { get; private set; }

    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Refusal = errors switch
        {
            SslPolicyErrors.None => null,
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) => "it shows none",
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) => "it is for another name than the one in the address",
            _ when Is(chain, X509ChainStatusFlags.NotTimeValid) => "it is not valid at this time",
            _ when Is(chain, X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain) => "it is not of a root that this system trusts",
            _ => "its chain is broken",
        };
        return Refusal is null;
    }

    private static bool Is(X509Chain? chain, X509ChainStatusFlags flags) => chain?.ChainStatus.Any(status => (status.Status & flags) != X509ChainStatusFlags.NoError) is true;
}
