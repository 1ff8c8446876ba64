using BusJobs.Benchmarks.Running;
using BusJobs.Ledger;

namespace BusJobs.Benchmarks.Measures;

/// <summary>A laptop's way: a SQLite file and the bus in memory, all in one host.</summary>
internal static class EmbeddedBenchmark
{
    private const int WarmUp = 20_000;

    public static async Task<Report> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        await DrainRun.WarmUpAsync(() => DrainAsync(Math.Min(WarmUp, arguments.Jobs), cancellationToken));
        var drained = await DrainAsync(arguments.Jobs, cancellationToken);
        var report = new Report($"embedded: {arguments.Jobs:N0} no-op jobs, SQLite file (commits flushed to disk) + bus in memory");
        report.Add("jobs/s, first handled to last settled", "embedded_jobs_per_s", drained.SettledRate, reach: "reach: 20,000");
        report.Add("jobs/s as the handlers saw it", "handled_jobs_per_s", drained.HandledRate);
        report.Add("enqueue jobs/s (one caller)", "enqueue_jobs_per_s", drained.EnqueueRate);
        report.Add("start of the host to first handler, ms", "start_to_first_ms", drained.StartToFirst.TotalMilliseconds);
        report.Add("CPU of this process per job, microseconds", "cpu_us_per_job", drained.Cost.Cpu.TotalMicroseconds / arguments.Jobs, digits: 1);
        report.Add("the just-in-time compiler was at work, microseconds per job", "jit_us_per_job", drained.Cost.Compiling.TotalMicroseconds / arguments.Jobs, digits: 1);
        report.Add("bytes allocated per job", "allocated_bytes_per_job", (double)drained.Cost.AllocatedBytes / arguments.Jobs);
        report.Add("peak working set of this process, MiB", "working_set_mib", drained.PeakWorkingSet / 1_048_576.0);
        return report;
    }

    private static async Task<Drained> DrainAsync(int jobs, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("busjobs-bench-");
        try
        {
            var options = new LedgerOptions { DataFolder = folder.FullName };
            await using var ledger = LedgerRegistration.Open(options, TimeProvider.System);
            await ledger.MigrateAsync(cancellationToken);
            return await DrainRun.RunAsync(
                ledger, jobs, probe => RunningHosts.StartEmbeddedAsync(options, probe, cancellationToken),
                async token => (await ledger.CountsAsync(token)).Succeeded, cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
