using System.Net;
using BusJobs.Benchmarks.Pages;
using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;

namespace BusJobs.Benchmarks.Measures;

/// <summary>How long an operator waits for each page of the dashboard, and a program for each list of the API, when the ledger is full.</summary>
internal static class PagesBenchmark
{
    private const int Times = 20;
    private const int Widest = 60;
    private static readonly TimeProvider Clock = TimeProvider.System;

    public static async Task<Report> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        await using var database = await OwnDatabase.CreateAsync(ServerAddresses.Read().Database, cancellationToken);
        await LivedLedger.FillAsync(database, arguments.History, arguments.Waiting, cancellationToken);
        await using var server = await PageServer.StartAsync(database, cancellationToken);
        var report = new Report($"pages: p50 and slowest of {Times} times, in ms; {arguments.History:N0} finished and {arguments.Waiting:N0} waiting jobs");
        var slowest = (Path: "", Median: 0.0);
        foreach (var path in await Addresses.FindAsync(database, server.Operator, cancellationToken))
        {
            var latencies = await AskAsync(server.Operator, path, cancellationToken);
            var median = latencies.At(0.5);
            report.Add(path.Length > Widest ? path[..Widest] + "…" : path, field: null, median, digits: 1, $"{latencies.At(1):N1}");
            slowest = median > slowest.Median ? (path, median) : slowest;
        }

        report.Add("the slowest p50", "slowest_p50_ms", slowest.Median, digits: 1, "reach: 200");
        report.Note($"the slowest is {slowest.Path}");
        return report;
    }

    /// <summary>Once without a measure: what is compiled at the first call is compiled once for all.</summary>
    private static async Task<Latencies> AskAsync(HttpClient http, string path, CancellationToken cancellationToken)
    {
        var took = new List<TimeSpan>();
        for (var i = 0; i <= Times; i++)
        {
            var since = Clock.GetTimestamp();
            using var response = await http.GetAsync(path, cancellationToken);
            await response.Content.ReadAsByteArrayAsync(cancellationToken);
            took.Add(Clock.GetElapsedTime(since));
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new TimeoutException($"{path} was answered {(int)response.StatusCode}");
            }
        }

        return Latencies.Of(Enumerable.Range(1, Times), i => took[i]);
    }
}
