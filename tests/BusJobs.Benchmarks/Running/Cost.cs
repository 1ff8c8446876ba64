using System.Diagnostics;
using System.Runtime;

namespace BusJobs.Benchmarks.Running;

/// <summary>What this process, worker and coordinator together, spends while jobs run.</summary>
/// <param name="Compiling">How long the just-in-time compiler was at work, by the clock: its thread competes with the jobs.</param>
internal sealed record Cost(TimeSpan Cpu, TimeSpan Compiling, long AllocatedBytes, int[] Collections)
{
    public static Cost SoFar
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return new Cost(
                process.TotalProcessorTime, JitInfo.GetCompilationTime(), GC.GetTotalAllocatedBytes(), [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)]);
        }
    }

    public Cost Since(Cost start) => new(
        Cpu - start.Cpu, Compiling - start.Compiling, AllocatedBytes - start.AllocatedBytes, [.. Collections.Zip(start.Collections, (now, before) => now - before)]);
}
