using System.Diagnostics;

namespace BusJobs.Benchmarks.Running;

/// <summary>What this process, worker and coordinator together, spends while jobs run.</summary>
internal sealed record Cost(TimeSpan Cpu, long AllocatedBytes, int[] Collections)
{
    public static Cost SoFar
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return new Cost(process.TotalProcessorTime, GC.GetTotalAllocatedBytes(), [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)]);
        }
    }

    public Cost Since(Cost start) => new(
        Cpu - start.Cpu, AllocatedBytes - start.AllocatedBytes, [.. Collections.Zip(start.Collections, (now, before) => now - before)]);
}
