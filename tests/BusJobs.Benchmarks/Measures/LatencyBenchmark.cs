using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;
using BusJobs.Ledger.Clients;
using Npgsql;

namespace BusJobs.Benchmarks.Measures;

/// <summary>
/// From a caller's commit to the start of the handler. The clock starts just before COMMIT is sent, so the figures hold the commit's
/// own flush to the disk and cannot flatter; those from the commit's return are shown beside them.
/// </summary>
internal static class LatencyBenchmark
{
    private const int WarmUp = 600;
    private const int IdleRounds = 10;
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    public static async Task<Report> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var servers = ServerAddresses.Read();
        var total = WarmUp + arguments.Jobs + IdleRounds;
        await using var database = await OwnDatabase.CreateAsync(servers.Database, cancellationToken);
        await using var names = await OwnNames.CreateAsync(servers.RabbitMq, cancellationToken);
        await using var ledger = database.OpenLedger();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 20 });
        var probe = new Probe(total);
        await using var hosts = await DrainRun.StartAsync(servers, database, names, probe, cancellationToken);
        var caller = new Caller(new LedgerJobClient(ledger, Clock), source, new (long, long)[total]);

        var begun = Clock.GetTimestamp();
        await OfferAsync(caller, WarmUp + arguments.Jobs, cancellationToken);
        var offered = (WarmUp + arguments.Jobs) / Clock.GetElapsedTime(begun).TotalSeconds;
        for (var number = WarmUp + arguments.Jobs; number < total; number++)
        {
            await Task.Delay(Idle, Clock, cancellationToken);
            await caller.EnqueueAsync(number, cancellationToken);
        }

        await probe.AllAsync(cancellationToken);
        return Tell(arguments.Jobs, offered, caller, probe);
    }

    /// <summary>One arrival in each five milliseconds, at a random moment within them; a slow commit does not hold up the next arrival.</summary>
    private static async Task OfferAsync(Caller caller, int jobs, CancellationToken cancellationToken)
    {
        var random = new Random(1);
        var begun = Clock.GetTimestamp();
        var calls = new List<Task>(jobs);
        for (var number = 0; number < jobs; number++)
        {
            var wait = (Spacing * (number + random.NextDouble())) - Clock.GetElapsedTime(begun);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, Clock, cancellationToken);
            }

            calls.Add(caller.EnqueueAsync(number, cancellationToken));
        }

        await Task.WhenAll(calls);
    }

    private static Report Tell(int jobs, double offered, Caller caller, Probe probe)
    {
        var steady = Enumerable.Range(WarmUp, jobs).ToList();
        var alone = Enumerable.Range(WarmUp + jobs, IdleRounds).ToList();
        var before = Latencies.Of(steady, number => Clock.GetElapsedTime(caller.Commits[number].Before, probe.StartOf(number)));
        var after = Latencies.Of(steady, number => Clock.GetElapsedTime(caller.Commits[number].After, probe.StartOf(number)));
        var idle = Latencies.Of(alone, number => Clock.GetElapsedTime(caller.Commits[number].Before, probe.StartOf(number)));

        var report = new Report($"latency: {jobs:N0} jobs at 200 a second with jitter, each in its own transaction; coordinator and worker in this process");
        report.Add("ms, just before commit to handler: p50", "p50_ms", before.At(0.5), digits: 2, reach: "reach: 8");
        report.Add("p95", "p95_ms", before.At(0.95), digits: 2);
        report.Add("p99", "p99_ms", before.At(0.99), digits: 2, reach: "reach: 40");
        report.Add("max", "max_ms", before.At(1), digits: 2);
        report.Add("ms, commit's return to handler: p50", "after_commit_p50_ms", after.At(0.5), digits: 2);
        report.Add("p99", "after_commit_p99_ms", after.At(0.99), digits: 2);
        report.Add("ms, one job after 5 idle seconds: p50", "idle_p50_ms", idle.At(0.5), digits: 2);
        report.Add("max", "idle_max_ms", idle.At(1), digits: 2);
        report.Add("jobs/s that were offered", "offered_per_s", offered, digits: 1);
        report.Note("a start may come before the commit's return, which tells its caller later than the server tells the coordinator: that counts below zero");
        return report;
    }

    private sealed record Caller(LedgerJobClient Client, NpgsqlDataSource Source, (long Before, long After)[] Commits)
    {
        public async Task EnqueueAsync(int number, CancellationToken cancellationToken)
        {
            await using var connection = await Source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await Client.Within(transaction).EnqueueAsync(new Noop(number), options: null, cancellationToken);
            var before = Clock.GetTimestamp();
            await transaction.CommitAsync(cancellationToken);
            Commits[number] = (before, Clock.GetTimestamp());
        }
    }
}
