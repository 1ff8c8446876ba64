using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;
using BusJobs.Ledger.Clients;
using Npgsql;

namespace BusJobs.Benchmarks.Measures;

/// <summary>
/// From a caller's commit to the start of the handler. The clock starts just before COMMIT is sent, so the figures hold the commit's
/// own flush to the disk and cannot flatter; those from the commit's return are shown beside them. Before it, in the same
/// process and the same minutes, the least that anything of the kind needs: one commit, then one message.
/// </summary>
internal static class LatencyBenchmark
{
    /// <summary>Ten seconds: MassTransit comes without compiled code.</summary>
    private const int WarmUp = 2_000;
    private const int IdleRounds = 10;
    private const int LeastAtMost = 2_000;
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    public static async Task<Report> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var servers = ServerAddresses.Read();
        await using var database = await OwnDatabase.CreateAsync(servers.Database, cancellationToken);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 20 });
        var least = await LeastAsync(servers, source, Math.Min(arguments.Jobs, LeastAtMost), cancellationToken);
        var jobs = await JobsAsync(servers, database, source, arguments.Jobs, cancellationToken);
        return Tell(arguments.Jobs, jobs, least);
    }

    private static async Task<Offer> JobsAsync(
        ServerAddresses servers, OwnDatabase database, NpgsqlDataSource source, int jobs, CancellationToken cancellationToken)
    {
        await using var names = await OwnNames.CreateAsync(servers.RabbitMq, cancellationToken);
        await using var ledger = database.OpenLedger();
        var offer = new Offer(WarmUp + jobs + IdleRounds);
        await using var hosts = await DrainRun.StartAsync(servers, database, names, offer.Probe, cancellationToken);
        var client = new LedgerJobClient(ledger, Clock);
        Task Enqueue(int number) => offer.CommitAsync(
            number, source, transaction => client.Within(transaction).EnqueueAsync(new Noop(number), options: null, cancellationToken), cancellationToken);

        await offer.OfferAsync(WarmUp + jobs, Enqueue, cancellationToken);
        for (var number = WarmUp + jobs; number < offer.Total; number++)
        {
            await Task.Delay(Idle, Clock, cancellationToken);
            await Enqueue(number);
        }

        await offer.Probe.AllAsync(cancellationToken);
        return offer;
    }

    /// <summary>A row and its commit, and then a message on a quorum queue: no ledger, no attempt, no settlement, and a crash in between loses it.</summary>
    private static async Task<Offer> LeastAsync(ServerAddresses servers, NpgsqlDataSource source, int jobs, CancellationToken cancellationToken)
    {
        var offer = new Offer(WarmUp + jobs);
        await using (var create = source.CreateCommand("create table bench_row (id uuid primary key, payload text not null)"))
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var plain = await PlainPair.StartAsync(servers, offer.Probe, cancellationToken);
        await offer.OfferAsync(
            offer.Total,
            async number =>
            {
                await offer.CommitAsync(number, source, transaction => InsertAsync(transaction, cancellationToken), cancellationToken);
                await plain.SendAsync(number, cancellationToken);
            },
            cancellationToken);
        await offer.Probe.AllAsync(cancellationToken);
        return offer;
    }

    private static async Task InsertAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand("insert into bench_row (id, payload) values ($1, '{}')", transaction.Connection, transaction);
        insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(Clock.GetUtcNow()) });
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Report Tell(int jobs, Offer offer, Offer least)
    {
        var steady = Enumerable.Range(WarmUp, jobs).ToList();
        var (before, after) = (offer.SinceCommit(steady), offer.SinceCommitted(steady));
        var idle = offer.SinceCommit([.. Enumerable.Range(WarmUp + jobs, IdleRounds)]);
        var floor = least.SinceCommit([.. Enumerable.Range(WarmUp, least.Total - WarmUp)]);

        var report = new Report($"latency: {jobs:N0} jobs at 200 a second with jitter, each in its own transaction; coordinator and worker in this process");
        report.Add("ms, just before commit to handler: p50", "p50_ms", before.At(0.5), digits: 2, reach: "reach: 8");
        report.Add("p95", "p95_ms", before.At(0.95), digits: 2);
        report.Add("p99", "p99_ms", before.At(0.99), digits: 2, reach: "reach: 40");
        report.Add("max", "max_ms", before.At(1), digits: 2);
        report.Add("ms, commit's return to handler: p50", "after_commit_p50_ms", after.At(0.5), digits: 2);
        report.Add("p99", "after_commit_p99_ms", after.At(0.99), digits: 2);
        report.Add("ms, one job after 5 idle seconds: p50", "idle_p50_ms", idle.At(0.5), digits: 2);
        report.Add("max", "idle_max_ms", idle.At(1), digits: 2);
        report.Add("ms, the least: a commit, then one message: p50", "least_p50_ms", floor.At(0.5), digits: 2);
        report.Add("p99", "least_p99_ms", floor.At(0.99), digits: 2);
        report.Add("p50 to the least", "p50_ratio", before.At(0.5) / floor.At(0.5), digits: 2);
        report.Add("jobs/s that were offered", "offered_per_s", offer.Rate, digits: 1);
        report.Note("a start may come before the commit's return, which tells its caller later than the server tells the coordinator: that counts below zero");
        return report;
    }
}
