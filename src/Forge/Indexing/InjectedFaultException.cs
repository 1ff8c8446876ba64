using System.Buffers.Binary;
using System.Security.Cryptography;
using BusJobs;

namespace Forge.Indexing;

/// <summary>Nothing is wrong: <see cref="ForgeOptions.FaultRate"/> asked for failures, so that retries can be watched.</summary>
public sealed class InjectedFaultException(double rate)
    : Exception($"Injected on purpose into the first attempt of {rate:P0} of the jobs; the retry will go through.")
{
    /// <summary>Which jobs are hit depends on their ids alone, so a run can be repeated.</summary>
    internal static bool Hits(Guid jobId, double rate)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(jobId.ToByteArray(), hash);
        return BinaryPrimitives.ReadUInt32LittleEndian(hash) < rate * ((double)uint.MaxValue + 1);
    }

    internal static void ThrowIfHit(JobAttempt attempt, double rate)
    {
        if (attempt.Number == 1 && Hits(attempt.JobId, rate))
        {
            throw new InjectedFaultException(rate);
        }
    }
}
