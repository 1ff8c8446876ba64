using System.ComponentModel;
using System.Diagnostics;
using System.Runtime;

namespace BusJobs.Benchmarks.Running;

/// <summary>What this process, worker and coordinator together, and the servers beside it spend while jobs run.</summary>
/// <param name="Compiling">How long the just-in-time compiler was at work, by the clock: its thread competes with the jobs.</param>
/// <param name="Database">CPU of every PostgreSQL process on this machine; zero when it is elsewhere.</param>
/// <param name="Broker">CPU of every Erlang machine here; zero when RabbitMQ is elsewhere.</param>
internal sealed record Cost(TimeSpan Cpu, TimeSpan Compiling, long AllocatedBytes, int[] Collections, TimeSpan Database, TimeSpan Broker)
{
    public static Cost SoFar
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return new Cost(
                process.TotalProcessorTime, JitInfo.GetCompilationTime(), GC.GetTotalAllocatedBytes(),
                [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)], CpuOf("postgres"), CpuOf("beam.smp"));
        }
    }

    /// <summary>CPU of everything that took part.</summary>
    public TimeSpan Everywhere => Cpu + Database + Broker;

    public Cost Since(Cost start) => new(
        Cpu - start.Cpu, Compiling - start.Compiling, AllocatedBytes - start.AllocatedBytes, [.. Collections.Zip(start.Collections, (now, before) => now - before)],
        Database - start.Database, Broker - start.Broker);

    // PostgreSQL's processes write what they do behind their name.
    private static TimeSpan CpuOf(string program) => Process.GetProcesses().Aggregate(TimeSpan.Zero, (sum, process) =>
    {
        using (process)
        {
            return process.ProcessName.StartsWith(program, StringComparison.Ordinal) ? sum + CpuOf(process) : sum;
        }
    });

    private static TimeSpan CpuOf(Process process)
    {
        try
        {
            return process.TotalProcessorTime;
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It ended in the meantime.
            return TimeSpan.Zero;
        }
    }
}
