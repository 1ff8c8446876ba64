using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace BusJobs.Scheduling.Definitions;

/// <summary>What follows from a schedule and a nominal fire time alone, and so is the same on every machine.</summary>
internal static class FireIdentity
{
    /// <summary>A UUIDv8 that sorts by its time, as the UUIDv7 of other jobs do: 48 bits of milliseconds, then a hash.</summary>
    public static Guid JobId(string schedule, DateTimeOffset nominal)
    {
        Span<byte> id = stackalloc byte[16];
        Hash(schedule, nominal)[..16].CopyTo(id);
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, nominal.ToUnixTimeMilliseconds());
        time[2..].CopyTo(id);
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }

    /// <returns>From zero to the most, the most not included.</returns>
    public static TimeSpan Jitter(string schedule, DateTimeOffset nominal, TimeSpan most) =>
        most == TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromTicks((long)(BinaryPrimitives.ReadUInt64BigEndian(Hash(schedule, nominal).AsSpan(16)) % (ulong)most.Ticks));

    private static byte[] Hash(string schedule, DateTimeOffset nominal) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{schedule}\n{nominal.ToUnixTimeMilliseconds()}"));
}
