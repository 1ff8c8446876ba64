using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;

namespace BusJobs.Benchmarks.Measures;

/// <summary>Whether a ledger that is full of finished and waiting jobs is as fast as an empty one: both in turns, so that noise meets both.</summary>
internal static class GrowthBenchmark
{
    private const int WarmUp = 20_000;

    public static async Task<Report> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var servers = ServerAddresses.Read();
        await using var grown = await OwnDatabase.CreateAsync(servers.Database, cancellationToken);
        await GrownLedger.FillAsync(grown, arguments.History, arguments.Waiting, cancellationToken);
        await DrainRun.WarmUpAsync(async () => (await DrainRun.RunAloneAsync(servers, Math.Min(WarmUp, arguments.Jobs), cancellationToken)).Drained);

        var small = new List<Drained>();
        var large = new List<Drained>();
        for (var round = 0; round < arguments.Rounds; round++)
        {
            await using (var empty = await OwnDatabase.CreateAsync(servers.Database, cancellationToken))
            {
                small.Add(await DrainAsync(servers, empty, arguments.Jobs, cancellationToken));
            }

            large.Add(await DrainAsync(servers, grown, arguments.Jobs, cancellationToken));
        }

        return Tell(arguments, Rate(small), Rate(large), small, large);
    }

    private static Report Tell(Arguments arguments, double empty, double grown, List<Drained> small, List<Drained> large)
    {
        var report = new Report(
            $"growth: {arguments.Jobs:N0} no-op jobs, {arguments.Rounds} times each; {arguments.History:N0} finished and {arguments.Waiting:N0} waiting jobs");
        report.Add("jobs/s, empty ledger", "empty_jobs_per_s", empty);
        report.Add("jobs/s, grown ledger", "grown_jobs_per_s", grown);
        report.Add("ratio", "ratio", grown / empty, digits: 3, reach: "reach: 0.85");
        report.Add("peak working set of this process, MiB", "worker_working_set_mib", large.Max(run => run.PeakWorkingSet) / 1_048_576.0, reach: "reach: 250");
        report.Add("CPU per job, empty, microseconds", "empty_cpu_us_per_job", Cpu(small, arguments.Jobs), digits: 1);
        report.Add("CPU per job, grown, microseconds", "grown_cpu_us_per_job", Cpu(large, arguments.Jobs), digits: 1);
        report.Note("the process holds the worker, the coordinator and this program, so a worker alone needs less");
        report.Note($"rounds: {string.Join("; ", small.Zip(large, (one, other) => $"{one.SettledRate:N0} empty, {other.SettledRate:N0} grown"))}");
        return report;
    }

    private static async Task<Drained> DrainAsync(ServerAddresses servers, OwnDatabase database, int jobs, CancellationToken cancellationToken)
    {
        await using var names = await OwnNames.CreateAsync(servers.RabbitMq, cancellationToken);
        await using var ledger = database.OpenLedger();
        var before = await SucceededAsync(database, cancellationToken);
        return await DrainRun.RunAsync(
            ledger, jobs, probe => DrainRun.StartAsync(servers, database, names, probe, cancellationToken),
            async token => await SucceededAsync(database, token) - before, cancellationToken);
    }

    /// <summary>The tally alone: counting a million waiting rows would be measured as part of the drain.</summary>
    private static Task<long> SucceededAsync(OwnDatabase database, CancellationToken cancellationToken) =>
        database.ReadAsync($"select coalesce(sum(succeeded), 0) from busjobs.tally where kind = '{Noop.Name}'", cancellationToken);

    private static double Rate(List<Drained> runs) => runs.Count / runs.Sum(run => 1 / run.SettledRate);

    private static double Cpu(List<Drained> runs, int jobs) => runs.Average(run => run.Cost.Cpu.TotalMicroseconds) / jobs;
}
