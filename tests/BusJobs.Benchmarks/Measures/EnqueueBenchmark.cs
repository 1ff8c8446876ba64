using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Clients;
using Npgsql;

namespace BusJobs.Benchmarks.Measures;

/// <summary>How fast jobs come in: many at once, and one in each caller's own transaction, with nobody about and beside a coordinator.</summary>
internal static class EnqueueBenchmark
{
    private const int Chunk = 10_000;
    private const int Callers = 16;
    private static readonly TimeProvider Clock = TimeProvider.System;

    public static async Task<Report> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var servers = ServerAddresses.Read();
        var bulk = arguments.Jobs;
        var single = Math.Max(100, bulk / 10);
        var report = new Report($"enqueue: {bulk:N0} jobs in chunks of {Chunk:N0}, and {single:N0} jobs with {Callers} callers, each in a transaction of its own");
        await BulkAsync(servers, Math.Min(bulk, 20_000), callers: 2, cancellationToken);
        report.Add("bulk jobs/s, one caller", "bulk_jobs_per_s", await BulkAsync(servers, bulk, callers: 1, cancellationToken), reach: "reach: 40,000");
        report.Add("bulk jobs/s, two callers", "bulk_jobs_per_s_two_callers", await BulkAsync(servers, bulk, callers: 2, cancellationToken));

        await SingleAsync(servers, Math.Min(single, 2_000), Beside.Nobody, cancellationToken);
        report.Add(
            "single jobs/s, no coordinator, sessions reset by the callers' pool", "single_tx_per_s_with_reset",
            await SingleAsync(servers, single, Beside.Nobody, cancellationToken, reset: true));
        report.Add("single jobs/s, no coordinator", "single_tx_per_s", await SingleAsync(servers, single, Beside.Nobody, cancellationToken), reach: "reach: 3,000");
        report.Add(
            "single jobs/s, a coordinator and no worker", "single_tx_per_s_with_coordinator", await SingleAsync(servers, single, Beside.Coordinator, cancellationToken));
        report.Add(
            "single jobs/s, while a worker runs them", "single_tx_per_s_while_draining", await SingleAsync(servers, single, Beside.CoordinatorAndWorker, cancellationToken));
        return report;
    }

    private static async Task<double> BulkAsync(ServerAddresses servers, int jobs, int callers, CancellationToken cancellationToken)
    {
        await using var database = await OwnDatabase.CreateAsync(servers.Database, cancellationToken);
        await using var ledger = database.OpenLedger();
        var client = new LedgerJobClient(ledger, Clock);
        var begun = Clock.GetTimestamp();
        var chunks = Enumerable.Range(0, jobs).Select(number => new Noop(number)).Chunk(Math.Min(Chunk, Math.Max(1, jobs / callers)));
        await Parallel.ForEachAsync(
            chunks, new ParallelOptions { MaxDegreeOfParallelism = callers, CancellationToken = cancellationToken },
            async (chunk, token) => await client.EnqueueManyAsync(chunk, options: null, token));
        return jobs / Clock.GetElapsedTime(begun).TotalSeconds;
    }

    /// <param name="reset">Whether the callers' pool puts back the settings of each session that it gets back, as Npgsql does unless it is told not to: that is a tenth of what
    /// such a transaction costs PostgreSQL, and the callers' own choice.</param>
    private static async Task<double> SingleAsync(ServerAddresses servers, int jobs, Beside beside, CancellationToken cancellationToken, bool reset = false)
    {
        await using var database = await OwnDatabase.CreateAsync(servers.Database, cancellationToken);
        await using var names = await OwnNames.CreateAsync(servers.RabbitMq, cancellationToken);
        await using var ledger = database.OpenLedger();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 20, NoResetOnClose = !reset });
        var probe = new Probe(jobs);
        await using var hosts = await StartAsync(servers, database, names, probe, beside, cancellationToken);
        var rate = await CallAsync(ledger, source, jobs, cancellationToken);
        if (beside == Beside.CoordinatorAndWorker)
        {
            await probe.AllAsync(cancellationToken);
        }

        return rate;
    }

    private static async Task<RunningHosts?> StartAsync(
        ServerAddresses servers, OwnDatabase database, OwnNames names, Probe probe, Beside beside, CancellationToken cancellationToken) => beside switch
    {
        Beside.Nobody => null,
        Beside.CoordinatorAndWorker => await DrainRun.StartAsync(servers, database, names, probe, cancellationToken),
        _ => await RunningHosts.StartCoordinatorAsync(
            new LedgerOptions { Database = database.ConnectionString },
            bus => (bus.RabbitMq, bus.Prefix) = (servers.RabbitMq, names.Prefix),
            cancellationToken),
    };

    /// <summary>What a service does with its own data: open a transaction, insert, commit.</summary>
    private static async Task<double> CallAsync(ILedger ledger, NpgsqlDataSource source, int jobs, CancellationToken cancellationToken)
    {
        var client = new LedgerJobClient(ledger, Clock);
        var callers = new ParallelOptions { MaxDegreeOfParallelism = Callers, CancellationToken = cancellationToken };
        var begun = Clock.GetTimestamp();
        await Parallel.ForAsync(0, jobs, callers, async (number, token) =>
        {
            await using var connection = await source.OpenConnectionAsync(token);
            await using var transaction = await connection.BeginTransactionAsync(token);
            await client.Within(transaction).EnqueueAsync(new Noop(number), options: null, token);
            await transaction.CommitAsync(token);
        });
        return jobs / Clock.GetElapsedTime(begun).TotalSeconds;
    }

    private enum Beside
    {
        Nobody,
        Coordinator,
        CoordinatorAndWorker,
    }
}
